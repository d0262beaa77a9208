import Devices
import Inference
import SimulatedDPU
import SoftwareDPU
import Tensors
import TestSupport
import Testing
import XModel

/// The compiled models of the repository, whose programs the project's own assembler made: what a clone without the
/// shared models has of the simulator's proof.
@Suite struct SampleProgramTests {
  /// The compiled models in the repository.
  static let models = ["b1024", "b4096"]

  @Test(
    "a session gives the same bytes on the simulator as on the software device", arguments: models, [1, 2] as [UInt64])
  func session(name: String, seed: UInt64) throws {
    let model = try Self.model(name)
    let fingerprints = model.partitions.compactMap { partition in partition.program?.fingerprint }
    let fingerprint = try #require(fingerprints.first)
    let host = SoftwareDevice(threadCount: 1)
    let simulated = try DPUDevice(SimulatedPort(.init(fingerprint: Fingerprint(fingerprint))))
    let sessions = [
      try Session(model: model, device: host, host: host, scope: .beforeTail),
      try Session(model: model, device: simulated, host: host, scope: .beforeTail),
    ]
    let outputs = try sessions.map { session in
      let job = try session.makeJob()
      var random = SeededGenerator(seed: seed)
      job.withInput(0) { $0.copyBytes(from: random.int8s($0.count).map { UInt8(bitPattern: $0) }) }
      try job.run()
      return job.withOutput(0) { [UInt8]($0) }
    }
    #expect(Set(outputs[0]).count > 50, "too plain an output to tell anything")
    let differences = outputs[0].indices.filter { outputs[0][$0] != outputs[1][$0] }
    #expect(differences == [])
  }

  @Test("orders that the tokens allow give the same bytes, whatever lay in memory", arguments: models)
  func orders(name: String) throws {
    let model = try Self.model(name)
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    var random = SeededGenerator(seed: 3)
    let input = random.int8s(8 * 8 * 3).map { UInt8(bitPattern: $0) }
    let expected = try SimulatedSubgraph(model, partition, seed: 0).run([input])
    for seed in 1...20 as ClosedRange<UInt64> {
      let subgraph = try SimulatedSubgraph(model, partition, seed: seed)
      #expect(try subgraph.run([input], order: .random(seed: seed)) == expected, "order \(seed)")
    }
  }

  static func model(_ name: String) throws -> Model {
    try Model(path: Repository.root.appendingPathComponent("sample/compiled/\(name).xmodel").path)
  }
}
