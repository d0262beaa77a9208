import Vision

/// What a model has said so far: how often each class, and how it looked last.
struct LiveShares: Sendable {
  /// Frames of each class, or pixels.
  private(set) var total: [Int]
  /// The pixels of each class in the last frame; of a classification the frames so far.
  private(set) var latest: [Int]
  /// The last label map.
  private(set) var map: LabelMap?
  /// The last class of a classification.
  private(set) var best: Int?

  /// Makes shares of nothing.
  init(classCount: Int) {
    total = [Int](repeating: 0, count: max(1, classCount))
    latest = total
  }

  /// Takes a prediction in.
  ///
  /// - Returns: The pixels of each class, of a label map.
  @discardableResult
  mutating func add(_ prediction: FrameRunner.Prediction) -> [Int]? {
    switch prediction {
    case .scores(let scores):
      if total.indices.contains(scores.best) { total[scores.best] += 1 }
      latest = total
      best = scores.best
      return nil
    case .labels(let map):
      let counts = map.pixelCounts(classCount: total.count)
      for index in counts.indices { total[index] += counts[index] }
      latest = counts
      self.map = map
      return counts
    case .tensors: return nil
    }
  }
}
