import Foundation
import Tensors
import TestSupport
import Testing
import Vision

@Suite struct DigestTests {
  struct Report: Decodable, Equatable {
    struct Operation: Decodable, Equatable {
      let name: String
      let type: String
      let shape: [Int]
      let element: String
      let fix_point: Int?
      let sha256: String?
      let reason: String?
    }
    struct Input: Decodable, Equatable {
      let name: String
      let seed: Int?
    }
    struct Run: Decodable, Equatable {
      let subgraph: Int?
      let inputs: [Input]
      let not_observable: Int
      let operations: [Operation]
    }
    struct File: Decodable, Equatable { let sha256: String }
    let schema: String
    let model: File
    let runs: [Run]
  }

  static func report(_ arguments: [String]) throws -> Report {
    let outcome = try BuiltProgram.run(["digest"] + arguments)
    #expect(outcome.code == 0, "\(outcome.messages)")
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test("gives the same hashes with any number of threads, other ones for another seed")
  func threads() throws {
    let one = try Self.report([RunTests.model, "--seed", "7", "--threads", "1"])
    #expect(one.schema == "dpu.digest/1")
    #expect(try Self.report([RunTests.model, "--seed=7", "-t", "3"]) == one)
    #expect(one.runs.map(\.subgraph) == [0])
    #expect(one.runs[0].operations.allSatisfy { $0.sha256?.count == 64 && $0.element == "int8" })
    let other = try Self.report([RunTests.model, "--seed", "8"])
    for (left, right) in zip(one.runs[0].operations, other.runs[0].operations) { #expect(left.sha256 != right.sha256) }
  }

  @Test("lists the whole model for a file, hashes its input as it is and no softmax")
  func file() throws {
    try TemporaryFolder.with { folder in
      var random = SeededGenerator(seed: 7)
      let values = random.int8s(128 * 128)
      let path = try RunTests.write(NumpyArray(shape: Shape([1, 128, 128, 1]), int8: values), "in.npy", in: folder)
      let report = try Self.report([RunTests.model, path])
      let operations = try #require(report.runs.first).operations
      #expect(operations.map(\.type).first == "data-fix" && operations.map(\.type).last == "softmax")
      #expect(operations.last?.sha256 == nil)
      #expect(operations.filter { $0.sha256 == nil }.count == 1)
      #expect(operations.first?.sha256 == values.withUnsafeBytes { SHA256.hexDigest(of: $0) })
      // Seed 7 + 100 * 0 + 0 makes the same input for the one DPU subgraph.
      let seeded = try #require(Self.report([RunTests.model, "--seed", "7"]).runs.first).operations
      #expect(Array(operations.dropFirst().prefix(seeded.count)) == seeded, "seed 7")
      let alone = try #require(Self.report([RunTests.model, path, "--subgraph", "0"]).runs.first).operations
      #expect(alone == seeded, "seed 7")
    }
  }

  @Test(
    "refuses what it can't mean",
    arguments: [
      ([], "digest: needs NPY files to feed, or --seed"), (["--seed", "1", "a.npy"], "don't give files too"),
      (["--seed", "1", "--subgraph", "1"], "there is no DPU subgraph 1 in "),
      (["a.npy", "b.npy"], "has 1 input, 2 given"),
      (["--seed", "-1"], "needs a whole number of at least 0, not '-1'"),
      (["--seed", "1", "--device", "gpu"], "needs one of software, simulated, xrt, not 'gpu'"),
    ])
  func usage(arguments: [String], words: String) throws {
    let outcome = try BuiltProgram.run(["digest", RunTests.model] + arguments)
    #expect(outcome.code == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.messages.contains(words), "\(outcome.messages)")
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedDigestTests {
  private struct Golden: Decodable {
    struct Tensor: Decodable {
      let op: String
      let sha256: String?
    }
    let xmodel_sha256: String
    let tensors: [Tensor]
  }

  private struct SubgraphGolden: Decodable {
    struct Input: Decodable {
      let op: String
      let splitmix64_seed: Int
    }
    struct Subgraph: Decodable {
      let inputs: [Input]
      let tensors_sha256: [String: String]
    }
    let model_sha256: String
    let dpu_subgraphs: [Subgraph]
  }

  @Test("hashes every tensor of a whole model as the golden vectors do", arguments: ["bccd", "prostate"])
  func whole(name: String) throws {
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Shared.url("models/golden/nerone/\(name)/0.json")))
    let report = try DigestTests.report([
      Shared.url("models/nerone/\(name).xmodel").path, Shared.url("models/golden/nerone/\(name)/0.input.npy").path,
    ])
    #expect(report.model.sha256 == golden.xmodel_sha256)
    let operations = try #require(report.runs.first).operations
    #expect(operations.map(\.name) == golden.tensors.map(\.op))
    for (operation, tensor) in zip(operations, golden.tensors) {
      #expect(operation.sha256 == tensor.sha256, "\(tensor.op)")
    }
  }

  @Test(
    "feeds each DPU subgraph by the golden rule, also where the model as a whole can't run",
    arguments: ["sp_net", "zdce", "tf2_custom_op.ISA1B4096_vai2.5.0"])
  func seeded(name: String) throws {
    let golden = try JSONDecoder().decode(
      SubgraphGolden.self, from: Data(contentsOf: Shared.url("models/golden/more/\(name).json")))
    let model = try Shared.url("models/more/\(name).xmodel").path
    let report = try DigestTests.report([model, "--seed", "20250001"])
    #expect(report.model.sha256 == golden.model_sha256)
    #expect(report.runs.count == golden.dpu_subgraphs.count && report.runs.count == 2)
    for (run, subgraph) in zip(report.runs, golden.dpu_subgraphs) {
      #expect(run.inputs.map(\.name) == subgraph.inputs.map(\.op))
      #expect(run.inputs.map(\.seed) == subgraph.inputs.map(\.splitmix64_seed))
      var found: [String: String] = [:]
      for operation in run.operations { found[operation.name] = operation.sha256 }
      for (operation, hash) in subgraph.tensors_sha256 { #expect(found[operation] == hash, "\(operation)") }
    }
    #expect(try DigestTests.report([model, "--seed", "20250001", "--subgraph", "1"]).runs == [report.runs[1]])
  }
}
