import SimulatedDPU
import Tensors
import TestSupport
import Testing
import XModel

/// Runs the programs of superlayers one after another: each leaves its tensors in memory, where they can be compared.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SuperlayerTests {
  /// Tensors that can be compared in a model, and those that cannot.
  struct Counts: Equatable {
    var compared = 0
    /// Never in memory: used up inside the core (`location` 0).
    var onChip = 0
    /// Neither code nor in place: the file has no program that makes the tensor.
    var withoutCode = 0
  }

  private static let chosen = models.filter { Shared.isChosen($0.0) }
  static let models: [(String, Counts)] = [
    ("nerone/bccd", Counts(compared: 32, onChip: 6)),
    ("nerone/brats", Counts(compared: 46, onChip: 18, withoutCode: 1)),
    ("nerone/brats-mobilenet", Counts(compared: 46, onChip: 18, withoutCode: 1)),
    ("nerone/brats-single-class", Counts(compared: 45, onChip: 18, withoutCode: 2)),
    ("nerone/ctorg", Counts(compared: 31)),
    ("nerone/prostate", Counts(compared: 24, withoutCode: 2)),
    ("nerone/prostate-single-class", Counts(compared: 23, withoutCode: 3)),
    ("nerone/prostate-single-class-zcu104", Counts(compared: 23, withoutCode: 3)),
    ("more/600k", Counts(compared: 27, onChip: 9)),
    ("more/CNN_zcu104", Counts(withoutCode: 5)),
    ("more/SRCNN_255_pt", Counts(withoutCode: 3)),
    ("more/dpu_mnist_classifier", Counts(onChip: 1, withoutCode: 4)),
    ("more/ganmodel", Counts(compared: 9)),
    ("more/pointpillars_custom_op.ISA1B4096_vai3.0.0", Counts(onChip: 1, withoutCode: 24)),
    ("more/seneca-1M", Counts(compared: 31)),
    ("more/seneca-2M", Counts(compared: 38)),
    ("more/sp_net", Counts(compared: 77, onChip: 10)),
    ("more/squeezenet_pt", Counts(onChip: 6, withoutCode: 35)),
    ("more/tf2_custom_op.ISA0B4096_vai1.4.0", Counts(compared: 4, onChip: 2)),
    ("more/tf2_custom_op.ISA1B4096_vai2.5.0", Counts(compared: 6, onChip: 2)),
    ("more/zdce", Counts(withoutCode: 26)),
  ]

  @Test("the list of models is complete, and 732 tensors are compared in all runs")
  func complete() {
    #expect(Set(Self.models.map(\.0)) == Set(Shared.allModels))
    // The medical models have two golden runs each.
    #expect(Self.models.reduce(0) { $0 + $1.1.compared * ($1.0.hasPrefix("nerone/") ? 2 : 1) } == 732)
  }

  @Test("every tensor that a superlayer's own program leaves in memory is the golden one", arguments: chosen)
  func tensors(name: String, expected: Counts) throws {
    let model = try SharedPrograms.model(name)
    var counts: [Int: Counts] = [:]
    for (number, run) in try GoldenInputs.runs(name, of: model).enumerated() {
      let round = name.hasPrefix("nerone/") ? number : 0
      let superlayers = model.superlayers(of: run.partition)
      let hasCode = superlayers.contains { $0.code != nil }
      let subgraph = try SimulatedSubgraph(model, run.partition, seed: 7)
      for (place, bytes) in zip(subgraph.inputs, run.inputs) {
        subgraph.memory.write(bytes, at: try subgraph.address(of: place))
      }
      for superlayer in superlayers {
        if let code = superlayer.code { try subgraph.run(code: code) }
        for index in superlayer.operations {
          let operation = model.graph.operations[index]
          guard let place = operation.output.place else {
            #expect(operation.output.staysOnChip, "\(operation.name)")
            counts[round, default: Counts()].onChip += 1
            continue
          }
          guard superlayer.code != nil || superlayer.isInPlace && hasCode else {
            counts[round, default: Counts()].withoutCode += 1
            continue
          }
          let base = try #require(subgraph.bases[place.register])
          let memory = try #require(subgraph.memory.bytes(at: base + UInt64(place.address), count: place.extent))
          let dense = place.elements(in: UnsafeRawBufferPointer(start: memory, count: place.extent))
          let hash = dense.withUnsafeBytes { SHA256.hexDigest(of: $0) }
          #expect(hash == run.tensors[operation.name], "\(name): \(operation.name) (\(operation.type))")
          counts[round, default: Counts()].compared += 1
        }
      }
    }
    #expect(!counts.isEmpty && counts.values.allSatisfy { $0 == expected }, "\(name): \(counts)")
  }
}
