import Devices
import Foundation
import SimulatedDPU
import SoftwareDPU
import Tensors
import TestSupport
import Testing
import Vision
import XModel

@Suite struct VerifyTests {
  struct Report: Decodable {
    struct Device: Decodable { let kind: String }
    struct Hidden: Decodable {
      let reason: String
      let tensors: Int
    }
    struct Tensor: Decodable {
      let name: String
      let output: Bool
      let result: String
      let reason: String?
      let at: [Int]?
      let value: Int?
      let expected: Int?
      let differing_bytes: Int?
      let greatest_difference: Int?
    }
    struct Frame: Decodable {
      let origin: String
      let subgraph: Int?
      let equal: Bool
      let compared: Int
      let compared_bytes: Int
      let first_difference: String?
      let not_observable: [Hidden]
      let tensors: [Tensor]
    }
    let schema: String
    let device: Device
    let reference: Device
    let seed: Int?
    let equal: Bool
    let frames: [Frame]
  }

  static func report(_ arguments: [String], code: Int32 = 0) throws -> Report {
    let outcome = try BuiltProgram.run(["verify", "--json"] + arguments)
    #expect(outcome.code == code, "\(outcome.messages)")
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  /// Writes a changed copy of a sample and gives its path to a closure.
  static func withChanged<R>(
    _ model: String, _ change: (inout ChangedModel) throws -> Void, _ body: (String) throws -> R
  ) throws -> R {
    try TemporaryFolder.with { folder in
      var changed = try ChangedModel(model)
      try change(&changed)
      let path = folder.appendingPathComponent("changed.xmodel").path
      try changed.write(to: path)
      return try body(path)
    }
  }

  /// The tensors that a device shows for a model's first DPU subgraph, by name, for the numbers of a seed.
  static func tensors(of path: String, on device: any Device, seed: UInt64) throws -> [String: [Int8]] {
    let model = try Model(path: path)
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    let job = try device.load(partition, of: model, batch: 1).makeJob()
    var random = SeededGenerator(seed: seed)
    job.withInput(0) { $0.copyBytes(from: random.int8s($0.count).map { UInt8(bitPattern: $0) }) }
    var tensors: [String: [Int8]] = [:]
    _ = try job.run { tensors[model.graph.operations[$0].name] = $1.map { Int8(bitPattern: $0) } }
    return tensors
  }

  /// Checks what a report says of the first difference against both devices, run here.
  static func check(_ tensor: Report.Tensor, _ path: String, seed: UInt64) throws {
    let model = try Model(path: path)
    let numbers = model.partitions.compactMap { partition in partition.program?.fingerprint }
    let number = try #require(numbers.first)
    let board = try DPUDevice(SimulatedPort(.init(fingerprint: Fingerprint(number))))
    let onBoard = try tensors(of: path, on: board, seed: seed)
    let onHost = try tensors(of: path, on: SoftwareDevice(threadCount: 1), seed: seed)
    let found = try #require(onBoard[tensor.name])
    let expected = try #require(onHost[tensor.name])
    let index = try #require(model.index(of: tensor.name))
    let shape = model.graph.operations[index].output.shape
    let distances = zip(found, expected).map { abs(Int($0) - Int($1)) }
    let first = try #require(distances.firstIndex { $0 > 0 })
    let place = try #require(tensor.at)
    #expect(zip(place, shape.dimensions).allSatisfy { $0 < $1 } && place.count == shape.rank)
    #expect(zip(place, shape.dimensions).reduce(0) { $0 * $1.1 + $1.0 } == first)
    #expect(tensor.value == Int(found[first]) && tensor.expected == Int(expected[first]))
    #expect(tensor.differing_bytes == distances.count { $0 > 0 })
    #expect(tensor.greatest_difference == distances.max())
  }

  @Test("finds every tensor of the sample programs equal, in any order of instructions", arguments: DisasmTests.models)
  func equal(path: String) throws {
    for arguments in [[], ["--seed", "9"], ["--seed", "9", "--order-seed", "4"]] {
      let report = try Self.report([path] + arguments)
      #expect(report.schema == "dpu.verify/1" && report.equal)
      #expect(report.device.kind == "simulated" && report.reference.kind == "software")
      let frame = try #require(report.frames.first)
      #expect(report.frames.count == 1 && frame.subgraph == 0 && frame.equal && frame.first_difference == nil)
      #expect(frame.tensors.map(\.name) == ["first", "small", "mixed", "sum", "both"])
      #expect(frame.tensors.allSatisfy { $0.result == "equal" })
      #expect(frame.tensors.map(\.output) == [false, false, false, false, true])
      #expect(frame.compared == 5 && frame.not_observable.isEmpty)
      #expect(frame.compared_bytes == 8 * 8 * 16 + 3 * 4 * 4 * 16 + 4 * 4 * 32)
    }
    let text = try BuiltProgram.run(["verify", path])
    #expect(text.code == 0)
    #expect(
      text.output == """
        DPU subgraph 0, seed 1: equal (1 of 1 output equal, 4 of 4 inner tensors equal)
        equal: simulated and software agree in every byte (5 tensors, 2,304 bytes compared)

        """)
    #expect(text.messages.hasPrefix("device: simulated (") && text.messages.contains(", against software ("))
    let long = try BuiltProgram.run(["verify", path, "-v", "-q"]).output.split(separator: "\n")
    #expect(long.count == 8 && long[6].hasPrefix("  both ") && long[6].hasSuffix(" 1x4x4x32  equal (output)"))
  }

  @Test("names the output where only the subgraph's program is wrong", arguments: DisasmTests.models)
  func wrongProgram(model: String) throws {
    // The first convolution shifts by one more than the graph says.
    func change(_ text: String) -> String { Self.shiftingMore(text, atConvolution: 0) }
    try Self.withChanged(model, { try $0.changeProgram(change) }) { path in
      let report = try Self.report([path, "--seed", "2"], code: 1)
      #expect(!report.equal)
      let frame = try #require(report.frames.first)
      #expect(!frame.equal && frame.first_difference == "both")
      #expect(frame.tensors.map(\.result) == ["equal", "equal", "equal", "equal", "different"])
      try Self.check(try #require(frame.tensors.last), path, seed: 2)
      let text = try BuiltProgram.run(["verify", path, "--seed", "2"])
      #expect(text.code == 1)
      let first = try #require(frame.tensors.last)
      let (value, expected) = (try #require(first.value), try #require(first.expected))
      let (place, count) = (try #require(first.at), try #require(first.differing_bytes))
      let greatest = try #require(first.greatest_difference)
      for words in [
        "DPU subgraph 0, seed 2: DIFFERENT (0 of 1 output equal, 4 of 4 inner tensors equal)\n",
        "first difference: output \"both\" (", ", 1x4x4x32) of seed 2\n",
        "  at \(place): simulated \(value), software \(expected), \(abs(value - expected)) apart",
        "  \(count) of 512 bytes differ, by \(greatest) at most\n",
        "the last equal tensor before it: \"sum\"\n",
        "the superlayers' own programs are right as far as seen, so look at the subgraph's program\n",
        "different: simulated and software do not agree (5 tensors, 2,304 bytes compared)\n",
      ] { #expect(text.output.contains(words), "\(words)\n\(text.output)") }
    }
  }

  @Test("is not taken in by a program that does nothing", arguments: DisasmTests.models)
  func emptyProgram(model: String) throws {
    try Self.withChanged(model, { try $0.changeProgram { _ in "END dpdon=save dpdby=save" } }) { path in
      let report = try Self.report([path], code: 1)
      let frame = try #require(report.frames.first)
      #expect(frame.tensors.map(\.result) == ["equal", "equal", "equal", "equal", "different"])
    }
  }

  @Test(
    "names the first inner tensor where a superlayer's program is wrong, and what is wrong behind it",
    arguments: DisasmTests.models)
  func wrongSuperlayer(model: String) throws {
    func change(_ text: String) -> String { Self.shiftingMore(text, atConvolution: 0) }
    try Self.withChanged(model, { try $0.changeProgram(of: "subgraph_mixed", change) }) { path in
      let report = try Self.report([path, "--seed", "3"], code: 1)
      let frame = try #require(report.frames.first)
      #expect(frame.first_difference == "mixed")
      #expect(frame.tensors.map(\.result) == ["equal", "equal", "different", "different", "equal"])
      try Self.check(frame.tensors[2], path, seed: 3)
      let text = try BuiltProgram.run(["verify", path, "--seed", "3"])
      #expect(text.output.contains("first difference: inner tensor \"mixed\" ("))
      #expect(text.output.contains("the last equal tensor before it: \"small\"\n"))
      #expect(text.output.contains("  1 more tensor differs behind it: sum\n"))
      #expect(text.output.contains("every output is right, so look at the superlayer's own program"))
      #expect(!text.output.contains("look at the subgraph's program"))
    }
  }

  @Test("names the tensor of a weight or bias that is not the graph's", arguments: DisasmTests.models)
  func wrongParameter(model: String) throws {
    var name = ""
    try Self.withChanged(model, { name = try $0.changeParameter(at: 40) { $0 &+ 64 } }) { path in
      let report = try Self.report([path, "--seed", "5"], code: 1)
      let frame = try #require(report.frames.first)
      #expect(frame.first_difference == "first", "\(name)")
      try Self.check(frame.tensors[0], path, seed: 5)
      // One weight belongs to one channel.
      let channels = try #require(frame.tensors.first?.at).last
      #expect(channels == 40 / 27)
    }
  }

  @Test("says where a program breaks off, and where its bytes are none")
  func fault() throws {
    let model = DisasmTests.models[0]
    func far(_ text: String) -> String {
      text.replacingOccurrences(of: "reg_id=2 const_value=0", with: "reg_id=5 const_value=0")
    }
    try Self.withChanged(model, { try $0.changeProgram(far) }) { path in
      let outcome = try BuiltProgram.run(["verify", path, "-q"])
      #expect(outcome.code == 5)
      #expect(outcome.messages.contains("instruction 0 (LOAD), reg_id 5: register REG_5 holds no base"))
      #expect(outcome.messages.split(separator: "\n").count == 1)
    }
    try Self.withChanged(model, { try $0.changeCode { Array($0.prefix(3)) + [0x51] + Array($0.dropFirst(4)) } }) {
      path in
      let outcome = try BuiltProgram.run(["verify", path, "-q"])
      #expect(outcome.code == 5)
      #expect(outcome.messages.contains("instruction 0, opcode 5: ISA1 has no such instruction"))
      let listing = try BuiltProgram.run(["disasm", path])
      #expect(listing.code == 3)
      #expect(listing.messages.contains("DPU subgraph 0 \"subgraph_both\": instruction 0, opcode 5: ISA1 has no such"))
    }
  }

  @Test("compares every frame of files, and names the one that differs")
  func files() throws {
    try TemporaryFolder.with { folder in
      var random = SeededGenerator(seed: 12)
      let shape = Shape([3, 8, 8, 3])
      let frames = try RunTests.write(
        NumpyArray(shape: shape, int8: random.int8s(shape.elementCount)), "frames.npy", in: folder)
      let report = try Self.report([DisasmTests.models[0], frames])
      #expect(report.equal && report.seed == nil)
      #expect(report.frames.map(\.origin) == (0..<3).map { "\(frames)[\($0)]" })
      #expect(report.frames.allSatisfy { $0.subgraph == nil && $0.compared == 5 })
      let named = try Self.report([DisasmTests.models[0], "--inputs", frames, frames])
      #expect(named.frames.map(\.origin) == report.frames.map(\.origin) + report.frames.map(\.origin))
      let alone = try Self.report([DisasmTests.models[0], frames, "--subgraph", "0"])
      #expect(alone.frames.map(\.subgraph) == [0, 0, 0])
      // A weight that only the last of three frames meets: the others hold zeros.
      let last = [Int8](repeating: 0, count: 2 * 192) + random.int8s(192)
      let one = try RunTests.write(NumpyArray(shape: shape, int8: last), "one.npy", in: folder)
      try Self.withChanged(DisasmTests.models[0], { _ = try $0.changeParameter(at: 40) { $0 &+ 64 } }) { path in
        let report = try Self.report([path, one], code: 1)
        #expect(report.frames.map(\.equal) == [true, true, false])
        let text = try BuiltProgram.run(["verify", path, one])
        #expect(text.output.contains(" of \(one)[2]\n") && text.output.contains("in all 1 of 3 frames differ\n"))
      }
    }
  }

  /// Adds one to the shift of the n-th CONVINIT.
  static func shiftingMore(_ text: String, atConvolution number: Int) -> String {
    var lines = text.components(separatedBy: "\n")
    let places = lines.indices.filter { lines[$0].contains(": CONVINIT ") }
    guard number < places.count else { return text }
    let words = lines[places[number]].split(separator: " ").map { word -> String in
      guard word.hasPrefix("shift_cut="), let value = Int(word.dropFirst(10)) else { return String(word) }
      return "shift_cut=\(value + 1)"
    }
    lines[places[number]] = words.joined(separator: " ")
    return lines.joined(separator: "\n")
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedVerifyTests {
  @Test(
    "finds real models equal, and explains every tensor that can't be seen",
    arguments: SharedSimulatedDeviceTests.models)
  func equal(model: URL) throws {
    let report = try VerifyTests.report([model.path, "--seed", "6"])
    #expect(report.equal && !report.frames.isEmpty)
    for frame in report.frames {
      #expect(frame.tensors.contains { $0.output })
      #expect(frame.tensors.filter(\.output).allSatisfy { $0.result == "equal" })
      let hidden = frame.tensors.filter { $0.result == "not observable" }
      #expect(hidden.allSatisfy { $0.reason?.isEmpty == false })
      #expect(frame.not_observable.reduce(0) { $0 + $1.tensors } == hidden.count)
      #expect(frame.compared + hidden.count == frame.tensors.count)
    }
    let text = try BuiltProgram.run(["verify", model.path, "--seed", "6"])
    for frame in report.frames {
      for hidden in frame.not_observable {
        let number = try #require(frame.subgraph)
        #expect(
          text.output.contains(
            "DPU subgraph \(number): \(hidden.tensors) of \(frame.tensors.count) tensors not observable: \(hidden.reason)\n"
          ))
      }
    }
  }

  @Test("finds a changed shift in a real model")
  func changed() throws {
    let model = try Shared.url("models/nerone/prostate.xmodel").path
    let change = { (text: String) in VerifyTests.shiftingMore(text, atConvolution: 2) }
    try VerifyTests.withChanged(model, { try $0.changeProgram(change) }) { path in
      let report = try VerifyTests.report([path], code: 1)
      let frame = try #require(report.frames.first)
      #expect(frame.tensors.filter { $0.result == "different" }.map(\.output) == [true])
      try VerifyTests.check(try #require(frame.tensors.first { $0.result == "different" }), path, seed: 1)
    }
  }

  @Test("compares photographs through the card")
  func photographs() throws {
    let report = try VerifyTests.report([
      try Shared.url("models/nerone/bccd.xmodel").path, try Shared.url("data/bccd/LYMPHOCYTE").path,
    ])
    #expect(report.equal && report.frames.count == 6)
    #expect(report.frames.allSatisfy { $0.origin.hasSuffix(".jpeg") && $0.compared > 30 })
  }
}
