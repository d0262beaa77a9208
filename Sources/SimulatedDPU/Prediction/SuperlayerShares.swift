package import XModel

/// What a prediction says of one superlayer, or of the instructions that several share.
package struct SuperlayerShare: Equatable, Sendable {
  /// The name of the superlayer, `nil` for what is shared.
  package let name: String?
  /// Instructions, INITs included.
  package let instructionCount: Int
  /// The cycles by which its last instruction moves the end of the program on; all of them add up to the whole.
  package let elapsedCycles: Int
  /// Cycles of its instructions in each engine, in the order load, save, conv, misc.
  package let engineCycles: [Int]
  /// Bytes that its LOADs read.
  package let loadedByteCount: Int
  /// Bytes that its SAVEs write.
  package let savedByteCount: Int
  /// The multiplications that its operations ask for.
  package let multiplyAccumulates: Int
}

extension Prediction {
  /// Divides a prediction among the superlayers of a model; the shared rest comes last.
  package func shares(_ attribution: SuperlayerAttribution, of model: Model) -> [SuperlayerShare] {
    let sharedPlace = attribution.superlayers.count
    struct Sum {
      var count = 0
      var end = 0
      var engines = [Int](repeating: 0, count: Engine.allCases.count)
      var loaded = 0
      var saved = 0
    }
    var sums = [Sum](repeating: Sum(), count: sharedPlace + 1)
    for (step, owner) in zip(steps, attribution.owners) {
      let place = owner ?? sharedPlace
      sums[place].count += 1
      sums[place].end = max(sums[place].end, step.end)
      sums[place].engines[step.engine.rawValue] += step.end - step.start
      if step.engine == .load { sums[place].loaded += step.byteCount }
      if step.engine == .save { sums[place].saved += step.byteCount }
    }
    // What ends last moves the end of the program; what ends under another's cover moves nothing.
    var elapsed = [Int](repeating: 0, count: sums.count)
    var reached = 0
    for place in sums.indices.sorted(by: { (sums[$0].end, $0) < (sums[$1].end, $1) }) {
      elapsed[place] = sums[place].end - reached
      reached = sums[place].end
    }
    return sums.indices.map { place in
      let layer = place < sharedPlace ? attribution.superlayers[place] : nil
      return SuperlayerShare(
        name: layer?.name, instructionCount: sums[place].count, elapsedCycles: elapsed[place],
        engineCycles: sums[place].engines, loadedByteCount: sums[place].loaded, savedByteCount: sums[place].saved,
        multiplyAccumulates: layer.map { model.multiplyAccumulateCount(of: $0.operations) } ?? 0)
    }
  }
}
