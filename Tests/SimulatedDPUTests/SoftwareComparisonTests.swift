import Devices
import SimulatedDPU
import SoftwareDPU
import TestSupport
import Testing
import XModel

/// Program against graph: the simulator, which executes code, and the software device, which knows only operations.
///
/// Both round by the same functions, so this says nothing about rounding; golden vectors do.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SoftwareComparisonTests {
  @Test("outputs are equal for random inputs", arguments: SharedPrograms.models)
  func outputs(name: String) throws {
    let model = try SharedPrograms.model(name)
    for partition in model.partitions where partition.kind == .dpu {
      let job = try SoftwareDevice(threadCount: 1).load(partition, of: model, batch: 1).makeJob()
      let subgraph = try SimulatedSubgraph(model, partition, seed: 5)
      for seed in UInt64(100)..<102 {
        let inputs = partition.randomInputs(in: model, seed: seed)
        for (number, bytes) in inputs.enumerated() { job.withInput(number) { $0.copyBytes(from: bytes) } }
        try job.run()
        let outputs = try subgraph.run(inputs)
        for (number, bytes) in outputs.enumerated() {
          #expect(job.withOutput(number) { [UInt8]($0) } == bytes, "\(name) subgraph \(partition.index) seed \(seed)")
        }
      }
    }
  }

  /// Inner tensors of a model that a device shows, and that it can't show.
  struct Counts: Equatable {
    var shown = 0
    var onChip = 0
    var withoutPrograms = 0
    var neverWritten = 0
  }

  private static let chosen = models.filter { Shared.isChosen($0.0) }
  static let models: [(String, Counts)] = [
    ("nerone/bccd", Counts(shown: 31, onChip: 6)),
    ("nerone/brats", Counts(shown: 45, onChip: 18, neverWritten: 1)),
    ("nerone/brats-mobilenet", Counts(shown: 45, onChip: 18, neverWritten: 1)),
    ("nerone/brats-single-class", Counts(shown: 44, onChip: 18, neverWritten: 2)),
    ("nerone/ctorg", Counts(shown: 30)),
    ("nerone/prostate", Counts(shown: 23, neverWritten: 2)),
    ("nerone/prostate-single-class", Counts(shown: 22, neverWritten: 3)),
    ("nerone/prostate-single-class-zcu104", Counts(shown: 22, neverWritten: 3)),
    ("more/600k", Counts(shown: 26, onChip: 9)),
    ("more/CNN_zcu104", Counts(withoutPrograms: 4)),
    ("more/SRCNN_255_pt", Counts(withoutPrograms: 2)),
    ("more/dpu_mnist_classifier", Counts(onChip: 1, withoutPrograms: 3)),
    ("more/ganmodel", Counts(shown: 8)),
    ("more/pointpillars_custom_op.ISA1B4096_vai3.0.0", Counts(onChip: 1, withoutPrograms: 20)),
    ("more/seneca-1M", Counts(shown: 30)),
    ("more/seneca-2M", Counts(shown: 37)),
    ("more/sp_net", Counts(shown: 75, onChip: 10)),
    ("more/squeezenet_pt", Counts(onChip: 6, withoutPrograms: 34)),
    ("more/tf2_custom_op.ISA0B4096_vai1.4.0", Counts(shown: 2, onChip: 2)),
    ("more/tf2_custom_op.ISA1B4096_vai2.5.0", Counts(shown: 4, onChip: 2)),
    ("more/zdce", Counts(withoutPrograms: 24)),
  ]

  @Test("the list of models is complete")
  func complete() {
    #expect(Set(Self.models.map(\.0)) == Set(Shared.allModels))
  }

  @Test("every inner tensor that the device can show is the software device's", arguments: chosen)
  func innerTensors(name: String, expected: Counts) throws {
    let model = try SharedPrograms.model(name)
    var counts = Counts()
    for partition in model.partitions where partition.kind == .dpu {
      let fingerprint = Fingerprint(try #require(partition.program?.fingerprint))
      let port = try SimulatedPort(.init(fingerprint: fingerprint))
      let software = try SoftwareDevice(threadCount: 1).load(partition, of: model, batch: 1).makeJob()
      let device = try DPUDevice(port).load(partition, of: model, batch: 1).makeJob()
      let inputs = partition.randomInputs(in: model, seed: 200)
      for job in [software, device] {
        for (number, bytes) in inputs.enumerated() { job.withInput(number) { $0.copyBytes(from: bytes) } }
      }
      var expected: [Int: [UInt8]] = [:]
      #expect(try software.run { expected[$0] = [UInt8]($1) } == [])
      var outputs = Set(partition.outputs)
      for output in partition.outputs { outputs.formUnion(model.producers(of: output)) }
      // Twice: watching must leave the job as it was.
      for round in 0..<2 {
        let hidden = try device.run { operation, bytes in
          let node = model.graph.operations[operation]
          #expect([UInt8](bytes) == expected[operation], "\(name): \(node.name) (\(node.type)) round \(round)")
          if round == 0, !outputs.contains(operation) { counts.shown += 1 }
        }
        guard round == 0 else { continue }
        for tensor in hidden {
          switch tensor.reason {
          case .staysOnChip: counts.onChip += 1
          case .noSuperlayerPrograms: counts.withoutPrograms += 1
          case .neverWritten: counts.neverWritten += 1
          case .noPlace: Issue.record("\(name): \(model.graph.operations[tensor.operation].name) has no place")
          }
        }
      }
      for (number, bytes) in inputs.enumerated() { #expect(device.withInput(number) { [UInt8]($0) } == bytes) }
    }
    #expect(counts == expected, "\(name)")
  }
}
