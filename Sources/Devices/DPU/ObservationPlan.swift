package import XModel

/// How the inner tensors of a compiled subgraph can be seen, and why not the others.
///
/// The program of a subgraph keeps most tensors on chip. Files of compilers up to 2.5 also have a program for each
/// superlayer, and those leave their tensors in memory: run one after another over the same regions, each tensor can be
/// read right after the program of its superlayer, before its place is used again.
package struct ObservationPlan: Sendable {
  /// A tensor that can be read.
  package struct Tensor: Equatable, Sendable {
    /// The index of its operation in the model.
    package let operation: Int
    /// Where it lies.
    package let place: TensorPlace
  }

  /// One superlayer.
  package struct Step: Sendable {
    /// The name of the superlayer.
    package let name: String
    /// The program to run, `nil` where the tensors are already in place.
    package let code: Bytes?
    /// What to read then.
    package let tensors: [Tensor]
  }

  /// The superlayers in the order in which they run; empty where the file has no programs for them.
  package let steps: [Step]
  /// The tensors that can't be read. Inputs and outputs are in neither list: they are seen without any of this.
  package let hidden: [HiddenTensor]

  /// Finds out what can be seen of a partition.
  package init(_ partition: Partition, of model: Model, in memory: ProgramMemory) {
    let inner = Set(memory.hiddenOperations)
    let superlayers = model.superlayers(of: partition)
    let regions = Dictionary(uniqueKeysWithValues: memory.workingRegions.map { ($0.register, $0.byteCount) })
    var steps: [Step] = []
    var reasons: [Int: HiddenTensor.Reason] = [:]
    for superlayer in superlayers {
      var tensors: [Tensor] = []
      for operation in superlayer.operations where inner.contains(operation) {
        let output = model.graph.operations[operation].output
        if output.staysOnChip {
          reasons[operation] = .staysOnChip
        } else if superlayer.code == nil, !superlayer.isInPlace {
          reasons[operation] = .neverWritten
        } else if let place = output.place, place.range.upperBound <= regions[place.register] ?? 0 {
          tensors.append(Tensor(operation: operation, place: place))
        } else {
          reasons[operation] = .noPlace
        }
      }
      steps.append(Step(name: superlayer.name, code: superlayer.code, tensors: tensors))
    }
    let hasPrograms = superlayers.contains { $0.code != nil }
    self.steps = hasPrograms ? steps : []
    let shown = Set(self.steps.flatMap(\.tensors).map(\.operation))
    hidden = memory.hiddenOperations.filter { !shown.contains($0) }.map { operation in
      let isOnChip = model.graph.operations[operation].output.staysOnChip
      guard hasPrograms || isOnChip else { return HiddenTensor(operation, .noSuperlayerPrograms) }
      return HiddenTensor(operation, isOnChip ? .staysOnChip : reasons[operation] ?? .neverWritten)
    }
  }
}
