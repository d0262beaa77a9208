import Devices
import Foundation
import SoftwareDPU
import Tensors
import TestSupport
import Testing
import XModel

/// Runs the real models over the golden inputs and compares every tensor.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct GoldenModelTests {
  private static let medicalModels = [
    "bccd", "brats", "brats-mobilenet", "brats-single-class", "ctorg", "prostate", "prostate-single-class",
    "prostate-single-class-zcu104",
  ].filter { Shared.isChosen("nerone/\($0)") }
  // Not in the attribute: Swift 6.0.3 crashes on a closure there.
  private static let furtherModels = Shared.files(in: "models/golden/more", suffix: ".json").map {
    $0.deletingPathExtension().lastPathComponent
  }.filter { Shared.isChosen("more/\($0)") }
  private static let smallModels = ["bccd", "prostate"].filter { Shared.isChosen("nerone/\($0)") }
  private static let vectorSets = InstructionSet.available.filter { $0 != .portable }

  @Test("every tensor of the medical models is the reference's", arguments: medicalModels, vectorSets)
  func medical(name: String, instructionSet: InstructionSet) throws {
    for number in [0, 1] { try compareMedical(name, number, instructionSet) }
  }

  /// The slow reference runs on the two small models here; single operations run on it all.
  @Test("every tensor is the reference's on the portable kernels too", arguments: smallModels)
  func portable(name: String) throws {
    try compareMedical(name, 0, .portable)
  }

  private func compareMedical(_ name: String, _ number: Int, _ instructionSet: InstructionSet) throws {
    struct Golden: Decodable {
      struct Entry: Decodable {
        let op: String
        let dtype: String
        let sha256: String?
      }
      let tensors: [Entry]
    }
    let folder = "models/golden/nerone/\(name)"
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: Shared.url("\(folder)/\(number).json")))
    let expected = Dictionary(golden.tensors.compactMap { entry in entry.sha256.map { (entry.op, $0) } }) { $1 }
    let model = try Model(path: Shared.url("models/nerone/\(name).xmodel").path)
    let file = try Data(contentsOf: Shared.url("\(folder)/\(number).input.npy"))
    let device = SoftwareDevice(threadCount: 2, instructionSet: instructionSet)
    let dpu = try #require(model.partitions.first { $0.kind == .dpu })
    let program = try device.load(dpu, of: model, batch: 1)
    let input = file.suffix(program.inputs[0].byteCount)
    var output: [UInt8] = []
    var seen = try hashes(of: program, model) { job in
      job.withInput(0) { $0.copyBytes(from: input) }
    } result: { job in
      output = job.withOutput(0) { [UInt8]($0) }
    }
    let tail = try #require(model.partitions.first { $0.kind == .cpu })
    let floats = try hashes(of: device.load(tail, of: model, batch: 1), model) { job in
      job.withInput(0) { $0.copyBytes(from: output) }
    }
    seen.merge(floats) { $1 }
    var compared = 0
    for (operation, hash) in seen {
      guard let right = expected[operation] else { continue }
      #expect(hash == right, "\(name) \(number): \(operation)")
      compared += 1
    }
    // All but the input and its upload, which are fed, not made.
    #expect(compared == expected.count - 2, "\(name) \(number): compared \(compared) of \(expected.count)")
  }

  @Test(
    "every tensor of further models is the reference's",
    arguments: furtherModels, vectorSets)
  func further(name: String, instructionSet: InstructionSet) throws {
    struct Golden: Decodable {
      struct Part: Decodable {
        struct Port: Decodable {
          let op: String
          let seed: UInt64?
          let sha256: String?
          enum CodingKeys: String, CodingKey {
            case op, sha256
            case seed = "splitmix64_seed"
          }
        }
        let inputs: [Port]
        let outputs: [Port]
        let tensors: [String: String]
        enum CodingKeys: String, CodingKey {
          case inputs, outputs
          case tensors = "tensors_sha256"
        }
      }
      let parts: [Part]
      enum CodingKeys: String, CodingKey { case parts = "dpu_subgraphs" }
    }
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Shared.url("models/golden/more/\(name).json")))
    let model = try Model(path: Shared.url("models/more/\(name).xmodel").path)
    let partitions = model.partitions.filter { $0.kind == .dpu }
    #expect(partitions.count == golden.parts.count)
    for (partition, part) in zip(partitions, golden.parts) {
      let device = SoftwareDevice(threadCount: 2, instructionSet: instructionSet)
      let program = try device.load(partition, of: model, batch: 1)
      #expect(program.inputs.map(\.name) == part.inputs.map(\.op))
      #expect(program.outputs.map(\.name) == part.outputs.map(\.op))
      let seen = try hashes(of: program, model) { job in
        for (port, golden) in part.inputs.enumerated() {
          var random = SeededGenerator(seed: golden.seed ?? 0)
          job.withInput(port) { $0.copyBytes(from: random.int8s($0.count).map { UInt8(bitPattern: $0) }) }
        }
      }
      var compared = 0
      for (operation, right) in part.tensors {
        guard let hash = seen[operation] else { continue }
        #expect(hash == right, "\(name): \(operation)")
        compared += 1
      }
      #expect(compared == part.tensors.count, "\(name): compared \(compared) of \(part.tensors.count)")
      for output in part.outputs { #expect(seen[output.op] == output.sha256, "\(name): \(output.op)") }
    }
  }

  private func hashes(
    of program: any Program, _ model: Model, fill: (any Job) -> Void, result: (any Job) -> Void = { _ in }
  ) throws -> [String: String] {
    let job = try program.makeJob()
    fill(job)
    var seen: [String: String] = [:]
    let hidden = try job.run { operation, bytes in
      seen[model.graph.operations[operation].name] = SHA256.hexDigest(of: bytes)
    }
    #expect(hidden.isEmpty)
    result(job)
    return seen
  }
}
