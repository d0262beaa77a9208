import Foundation
import SimulatedDPU
import TestSupport
import Testing
import XModel

@Suite struct DisasmTests {
  private struct Report: Decodable {
    struct Instruction: Decodable {
      let index: Int
      let opcode: String
      let dpdon: [String]
      let dpdby: [String]
      let fields: [String: Int]
    }
    struct Program: Decodable {
      let subgraph: Int
      let superlayer: String?
      let fingerprint: String
      let isa: String
      let code_bytes: Int
      let counts: [String: Int]
      let instructions: [Instruction]
    }
    let schema: String
    let programs: [Program]
  }

  private struct List: Decodable {
    struct Part: Decodable {
      let subgraph: Int
      let part: String
      let name: String
      let code_bytes: Int?
      let reason: String?
    }
    let schema: String
    let parts: [Part]
  }

  static let models = ["b1024", "b4096"].map {
    Repository.root.appendingPathComponent("sample/compiled/\($0).xmodel").path
  }

  /// The DPU subgraphs of a file.
  static func subgraphs(of path: String) throws -> (model: Model, subgraphs: [Partition]) {
    let model = try Model(path: path)
    return (model, model.partitions.filter { $0.kind == .dpu })
  }

  static func bytes(_ bytes: Bytes) -> [UInt8] { bytes.withUnsafeBytes { [UInt8]($0) } }

  /// Runs the command and gives its text, assembled again.
  static func reassembled(_ arguments: [String], for partition: Partition) throws -> [UInt8] {
    let outcome = try BuiltProgram.run(["disasm"] + arguments)
    #expect(outcome.code == 0 && outcome.messages.isEmpty, "\(outcome.messages)")
    let fingerprint = Fingerprint(try #require(partition.program?.fingerprint))
    return try MachineCode(assembling: outcome.output, isa: try #require(ISA(fingerprint))).encoded
  }

  @Test(
    "prints program text that assembles to the same bytes: of the subgraph and of each superlayer", arguments: models)
  func roundTrip(path: String) throws {
    let (model, subgraphs) = try Self.subgraphs(of: path)
    let partition = try #require(subgraphs.first)
    let program = try #require(partition.program)
    #expect(program.code.count > 1000)
    #expect(try Self.reassembled([path], for: partition) == Self.bytes(program.code))
    let superlayers = model.superlayers(of: partition)
    #expect(superlayers.count == 5)
    for superlayer in superlayers {
      let code = try #require(superlayer.code)
      #expect(try Self.reassembled([path, "--superlayer", superlayer.name], for: partition) == Self.bytes(code))
    }
  }

  @Test("says before the instructions what they are, as kept")
  func text() throws {
    let outcome = try BuiltProgram.run(["disasm", "sample/compiled/b1024.xmodel"])
    if let kept = try Snapshot.kept("disasm-b1024.txt", writing: outcome.output) { #expect(outcome.output == kept) }
    let own = try BuiltProgram.run(["disasm", "sample/compiled/b1024.xmodel", "--superlayer", "subgraph_small"])
    #expect(own.output.hasPrefix("# sample/compiled/b1024.xmodel\n# superlayer \"subgraph_small\", its own code\n"))
    #expect(own.output.split(separator: "\n").last?.hasSuffix(": END dpdon=save dpdby=save") == true)
  }

  @Test("prints the same as JSON", arguments: models)
  func json(path: String) throws {
    let outcome = try BuiltProgram.run(["disasm", path, "--json"])
    #expect(outcome.code == 0 && outcome.messages.isEmpty)
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.schema == "dpu.disasm/1")
    let program = try #require(report.programs.first)
    #expect(report.programs.count == 1 && program.subgraph == 0 && program.superlayer == nil)
    let compiled = try #require(Self.subgraphs(of: path).subgraphs.first?.program)
    let fingerprint = Fingerprint(try #require(compiled.fingerprint))
    let code = try MachineCode(decoding: Self.bytes(compiled.code), isa: try #require(ISA(fingerprint)))
    #expect(program.fingerprint == fingerprint.hexadecimal && program.isa == "ISA\(fingerprint.instructionSet)")
    #expect(program.code_bytes == compiled.code.count)
    #expect(program.counts.values.reduce(0, +) == code.instructions.count)
    #expect(program.instructions.count == code.instructions.count)
    for (index, (found, expected)) in zip(program.instructions, code.instructions).enumerated() {
      #expect(found.index == index && found.opcode == expected.opcode.rawValue)
      #expect(found.dpdon == expected.waitsFor.members.map(\.description))
      #expect(found.dpdby == expected.signals.members.map(\.description))
      let fields = zip(expected.layout.fields, expected.values).map { ($0.name.rawValue, $1) }
      #expect(found.fields == Dictionary(uniqueKeysWithValues: fields))
    }
  }

  @Test("lists what has code")
  func list() throws {
    let text = try BuiltProgram.run(["disasm", Self.models[0], "--list"])
    let lines = text.output.split(separator: "\n")
    #expect(lines.count == 7 && lines[1].contains("program") && lines[2].hasSuffix("subgraph_first"))
    let outcome = try BuiltProgram.run(["disasm", Self.models[0], "--list", "--json"])
    let list = try JSONDecoder().decode(List.self, from: Data(outcome.output.utf8))
    #expect(list.schema == "dpu.disasm-list/1")
    #expect(list.parts.map(\.part) == ["program"] + [String](repeating: "superlayer", count: 5))
    #expect(list.parts.allSatisfy { ($0.code_bytes ?? 0) > 0 && $0.reason == nil && $0.subgraph == 0 })
  }

  @Test("ends quietly where nobody reads on")
  func brokenPipe() throws {
    // The shell's own exit code is that of `head`; the program's end is told by the file.
    try TemporaryFolder.with { folder in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      let code = folder.appendingPathComponent("code").path
      process.arguments = [
        "-c",
        "(for i in {1..40}; do \"$0\" disasm \"$1\" || exit; done; echo unexpected) 2>\"$2\" | head -n 3 >/dev/null",
        BuiltProgram.url.path, Self.models[1], code,
      ]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: code)).isEmpty, "no message")
    }
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedDisasmTests {
  @Test("assembles every program of real models again", arguments: SharedSimulatedDeviceTests.models)
  func roundTrip(url: URL) throws {
    let (model, subgraphs) = try DisasmTests.subgraphs(of: url.path)
    for (number, partition) in subgraphs.enumerated() {
      let code = try #require(partition.program?.code)
      let bytes = try DisasmTests.reassembled([url.path, "--subgraph", String(number)], for: partition)
      #expect(bytes == DisasmTests.bytes(code), "\(url.lastPathComponent) subgraph \(number)")
    }
    // One superlayer of each subgraph, the largest.
    for partition in subgraphs {
      let largest = model.superlayers(of: partition).max { ($0.code?.count ?? 0) < ($1.code?.count ?? 0) }
      guard let largest, let code = largest.code else { continue }
      let bytes = try DisasmTests.reassembled([url.path, "--superlayer", largest.name], for: partition)
      #expect(bytes == DisasmTests.bytes(code), "\(url.lastPathComponent) \(largest.name)")
    }
  }

  @Test("shows all subgraphs one after another, and says why a superlayer has no code")
  func several() throws {
    let path = try Shared.url("models/more/sp_net.xmodel").path
    let outcome = try BuiltProgram.run(["disasm", path])
    #expect(outcome.code == 0)
    #expect(outcome.output.components(separatedBy: "\n# DPU subgraph ").count == 3)
    #expect(outcome.output.components(separatedBy: "\n0: ").count == 3)
    let prostate = try Shared.url("models/nerone/prostate.xmodel").path
    let (model, subgraphs) = try DisasmTests.subgraphs(of: prostate)
    let bare = subgraphs.flatMap { model.superlayers(of: $0) }.filter { $0.code == nil }
    #expect(bare.contains { $0.isInPlace } && bare.contains { !$0.isInPlace })
    for superlayer in bare {
      let outcome = try BuiltProgram.run(["disasm", prostate, "--superlayer", superlayer.name])
      #expect(outcome.code == 3)
      let reason =
        superlayer.isInPlace
        ? "it needs none, its tensor is made where it belongs" : "the compiler left none in the file"
      #expect(outcome.messages.hasSuffix(" has no code of its own: \(reason)\n"))
    }
  }

  @Test("says that a quantized file must be compiled first")
  func quantized() throws {
    let outcome = try BuiltProgram.run(["disasm", Shared.url("models/quantized/CNN_int.xmodel").path])
    #expect(outcome.code == 3)
    #expect(outcome.messages.hasSuffix("the model has no DPU subgraph; compile it first\n"))
  }
}
