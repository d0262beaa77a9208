import Foundation
import Tensors
import TestSupport
import Testing
import Vision

@Suite struct SimulatedDeviceTests {
  @Test(
    "says of a model without instructions what is missing and what to do",
    arguments: [["run", RunTests.model, RunTests.pictures], ["evaluate", RunTests.model, "sample"]])
  func noInstructions(arguments: [String]) throws {
    let outcome = try BuiltProgram.run(arguments + ["--device", "simulated"])
    #expect(outcome.code == 3)
    #expect(outcome.output.isEmpty)
    #expect(outcome.messages.split(separator: "\n").count == 1)
    #expect(outcome.messages.contains("has no instructions (mc_code)"))
    #expect(outcome.messages.contains("compile the quantized model with vai_c, or use --device software"))
  }

  @Test("runs the sample programs to the bytes of the software device, in any order", arguments: DisasmTests.models)
  func sample(model: String) throws {
    try TemporaryFolder.with { folder in
      var random = SeededGenerator(seed: 15)
      let shape = Shape([2, 8, 8, 3])
      let input = try RunTests.write(
        NumpyArray(shape: shape, int8: random.int8s(shape.elementCount)), "in.npy", in: folder)
      var results: [[Data]] = []
      for options in [["software"], ["simulated"], ["simulated", "--order-seed", "6"]] {
        let output = folder.appendingPathComponent("\(results.count)").path
        let outcome = try BuiltProgram.run(["run", model, input, "--tensors", "--json", "-o", output, "-d"] + options)
        #expect(outcome.code == 0, "\(outcome.messages)")
        let report = try RunTests.report(outcome)
        #expect(report.device.kind == options[0] && report.frames == 2)
        results.append(
          try (0..<2).map { try Data(contentsOf: URL(fileURLWithPath: "\(output)/in.00\($0).output.npy")) })
      }
      #expect(results[0] == results[1] && results[0] == results[2], "seed 15")
      #expect(results[0][0] != results[0][1])
    }
  }

  @Test("hashes the sample programs' tensors as the software device does", arguments: DisasmTests.models)
  func sampleDigest(model: String) throws {
    let software = try DigestTests.report([model, "--seed", "8"])
    #expect(try DigestTests.report([model, "--seed", "8", "-d", "simulated"]) == software)
    #expect(software.runs[0].operations.count > 5)
  }

  @Test("says of a core that can't be simulated which can", arguments: ["run", "digest", "verify"])
  func smallCore(verb: String) throws {
    // The sample's core with the number of B256 in its lowest bits.
    try VerifyTests.withChanged(DisasmTests.models[0], { try $0.setFingerprint(0x0101_0000_1601_040A) }) { path in
      let outcome = try BuiltProgram.run([verb, path, "in.npy", "-q", "-d", "simulated"])
      #expect(outcome.code == 3)
      #expect(outcome.messages.hasPrefix("dpu: error: \(path): cannot simulate DPUCZDX8G ISA1 B256: "))
      #expect(
        outcome.messages.hasSuffix("; the simulator runs the arrays B512 to B4096\n"))
    }
  }

  @Test("says that an order of instructions is nothing for the software device")
  func orderSeed() throws {
    let outcome = try BuiltProgram.run(["run", RunTests.model, RunTests.pictures, "--order-seed", "1"])
    #expect(outcome.code == 2)
    #expect(
      outcome.messages == "dpu: error: option '--order-seed' is for --device simulated, not for software\n")
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedSimulatedDeviceTests {
  private struct Inspection: Decodable {
    struct Input: Decodable {
      let shape: [Int]
      let element: String
    }
    let inputs: [Input]
  }

  static let models = Shared.models.compactMap { try? Shared.url("models/\($0).xmodel") }

  /// Writes made-up arrays for the inputs of a model.
  static func inputs(of model: String, seed: UInt64, in folder: URL) throws -> [String] {
    let outcome = try BuiltProgram.run(["inspect", model, "--json"])
    let inspection = try JSONDecoder().decode(Inspection.self, from: Data(outcome.output.utf8))
    var random = SeededGenerator(seed: seed)
    return try inspection.inputs.enumerated().map { index, input in
      let shape = Shape(input.shape)
      let values = random.int8s(shape.elementCount)
      let array =
        input.element == "int8"
        ? NumpyArray(shape: shape, int8: values) : NumpyArray(shape: shape, float32: values.map { Float($0) / 128 })
      return try RunTests.write(array, "in-\(index).npy", in: folder)
    }
  }

  @Test("the list of models is complete")
  func complete() { #expect(Shared.allModels.count == 21) }

  @Test("runs every model that the software device runs, to the same bytes", arguments: models)
  func sameAsSoftware(model: URL) throws {
    try TemporaryFolder.with { folder in
      let inputs = try Self.inputs(of: model.path, seed: 21, in: folder)
      var written: [String: [String: Data]] = [:]
      var codes: [Int32] = []
      for device in ["software", "simulated"] {
        let output = folder.appendingPathComponent(device)
        let outcome = try BuiltProgram.run(
          ["run", model.path] + inputs + ["--tensors", "--device", device, "-o", output.path])
        codes.append(outcome.code)
        #expect(outcome.messages.contains("device: \(device) (") || outcome.code != 0, "\(outcome.messages)")
        for name in (try? FileManager.default.contentsOfDirectory(atPath: output.path)) ?? [] {
          written[device, default: [:]][name] = try Data(contentsOf: output.appendingPathComponent(name))
        }
      }
      #expect(codes[0] == codes[1], "\(model.lastPathComponent)")
      #expect(written["software"] == written["simulated"], "\(model.lastPathComponent), seed 21")
      #expect((codes[0] == 0) == (written["simulated"]?.isEmpty == false))
    }
  }

  @Test("issues instructions in another order to the same bytes, and names the device as JSON too")
  func orders() throws {
    let model = try Shared.url("models/nerone/prostate.xmodel").path
    try TemporaryFolder.with { folder in
      let inputs = try Self.inputs(of: model, seed: 3, in: folder)
      var results: [Data] = []
      for (name, options) in [("software", []), ("simulated", []), ("simulated", ["--order-seed", "5"])] {
        let output = folder.appendingPathComponent("\(results.count)").path
        let outcome = try BuiltProgram.run(
          ["run", model] + inputs + ["--tensors", "--json", "-d", name, "-o", output] + options)
        #expect(outcome.code == 0, "\(outcome.messages)")
        #expect(try RunTests.report(outcome).device.kind == name)
        results.append(try Data(contentsOf: URL(fileURLWithPath: "\(output)/in-0.output.npy")))
      }
      #expect(results[0] == results[1] && results[0] == results[2], "input seed 3")
    }
  }

  @Test("classifies photographs as the software device does")
  func classification() throws {
    let arguments = [
      "run", try Shared.url("models/nerone/bccd.xmodel").path, try Shared.url("data/bccd/LYMPHOCYTE").path, "-q",
    ]
    let outcome = try BuiltProgram.run(arguments + ["-d", "simulated"])
    #expect(outcome.code == 0 && outcome.output.split(separator: "\n").count == 6)
    #expect(try BuiltProgram.run(arguments).output == outcome.output)
  }

  @Test("scores photographs as the software device does")
  func evaluation() throws {
    let arguments = [
      "evaluate", try Shared.url("models/nerone/bccd.xmodel").path, try Shared.url("data/bccd").path, "-q",
    ]
    let outcome = try BuiltProgram.run(arguments + ["-d", "simulated"])
    #expect(outcome.code == 0 && outcome.output.contains("LYMPHOCYTE"))
    // The first line names the device.
    func score(_ output: String) -> ArraySlice<Substring> { output.split(separator: "\n").dropFirst() }
    #expect(try score(BuiltProgram.run(arguments).output) == score(outcome.output))
  }

  @Test("says that a quantized file must be compiled first", arguments: ["run", "digest"])
  func quantized(verb: String) throws {
    let model = try Shared.url("models/quantized/CNN_int.xmodel").path
    let outcome = try BuiltProgram.run([verb, model, "any.npy", "-d", "simulated"])
    #expect(outcome.code == 3)
    #expect(outcome.messages.contains("not compiled, so it has no instructions (mc_code) to simulate"))
    #expect(outcome.messages.split(separator: "\n").count == 1)
  }

  @Test(
    "hashes what lies in memory as the software device does, and counts and explains the rest",
    arguments: ["nerone/prostate", "more/squeezenet_pt"])
  func digest(name: String) throws {
    let model = try Shared.url("models/\(name).xmodel").path
    let software = try DigestTests.report([model, "--seed", "4"])
    let outcome = try BuiltProgram.run(["digest", model, "--seed", "4", "-d", "simulated"])
    #expect(outcome.code == 0)
    let simulated = try JSONDecoder().decode(DigestTests.Report.self, from: Data(outcome.output.utf8))
    #expect(simulated.runs.count == software.runs.count)
    var count = 0
    var all = 0
    for (one, other) in zip(simulated.runs, software.runs) {
      #expect(one.operations.map(\.name) == other.operations.map(\.name))
      #expect(one.inputs == other.inputs)
      #expect(other.not_observable == 0)
      #expect(one.operations.filter { $0.sha256 == nil }.count == one.not_observable)
      for (left, right) in zip(one.operations, other.operations) where left.sha256 != nil {
        #expect(left == right, "\(left.name)")
      }
      for operation in one.operations where operation.sha256 == nil {
        #expect(operation.reason?.hasPrefix("not observable: ") == true, "\(operation.name)")
      }
      #expect(one.operations.last?.sha256 != nil && one.operations.first?.sha256 != nil)
      count += one.not_observable
      all += one.operations.count
    }
    #expect(count > 0 && count < all)
    // A line for each reason.
    let counts = outcome.messages.split(separator: "\n").map { line in
      line.contains(" of \(all) tensors not observable: ") ? Int(line.prefix { $0 != " " }) ?? 0 : 0
    }
    #expect(counts.allSatisfy { $0 > 0 } && counts.reduce(0, +) == count, "\(outcome.messages)")
  }
}
