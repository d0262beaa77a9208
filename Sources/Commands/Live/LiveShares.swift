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

  /// The same in memory of its own: what others look at is not written to again.
  ///
  /// A copy that shares memory until one of them changes would do, if the thread sanitizer knew how it is counted.
  var copy: LiveShares {
    var copy = LiveShares(classCount: total.count)
    copy.total = total.map { $0 }
    copy.latest = latest.map { $0 }
    if let map {
      copy.map = LabelMap(width: 1, height: 1, labels: [0])
      copy.map?.take(map)
    }
    copy.best = best
    return copy
  }

  /// Takes in what a model says of a frame.
  mutating func add(_ prediction: FrameRunner.Prediction) {
    switch prediction {
    case .scores(let scores): add(class: scores.best)
    case .labels(let map): add(map)
    case .tensors: break
    }
  }

  /// Takes a class in.
  mutating func add(class best: Int) {
    self.best = best
    guard total.indices.contains(best) else { return }
    total[best] += 1
    latest[best] = total[best]
  }

  /// Takes a label map in, by its content.
  mutating func add(_ map: LabelMap) {
    map.countPixels(into: &latest)
    for index in latest.indices { total[index] += latest[index] }
    if self.map == nil { self.map = LabelMap(width: 1, height: 1, labels: [0]) }
    self.map?.take(map)
  }
}
