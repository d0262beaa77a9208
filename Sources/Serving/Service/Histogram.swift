/// Counts values by size, as Prometheus takes them.
package struct Histogram: Equatable, Sendable {
  /// The greatest value of each class; what is greater than the last counts in the total alone.
  package let bounds: [Double]
  /// Values of each class.
  package private(set) var counts: [Int]
  /// All values.
  package private(set) var totalCount = 0
  /// Their sum.
  package private(set) var sum = 0.0

  /// Makes a histogram; the bounds ascend.
  package init(bounds: [Double]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "the bounds of a histogram ascend")
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count)
  }

  /// Durations in seconds, from a tenth of a millisecond to ten seconds.
  package static var ofDurations: Histogram {
    Histogram(bounds: [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10])
  }

  /// The same in memory of its own.
  var copy: Histogram {
    var copy = self
    copy.counts = counts.map { $0 }
    return copy
  }

  /// Adds a value.
  package mutating func add(_ value: Double) {
    if let place = bounds.firstIndex(where: { value <= $0 }) { counts[place] += 1 }
    totalCount += 1
    sum += value
  }
}
