/// What is kept of many measured times.
package struct Statistics: Encodable, Equatable {
  /// How many times there were.
  package let runs: Int
  /// The shortest.
  package let bestMilliseconds: Double
  /// The middle one; the mean of both where there are two.
  package let medianMilliseconds: Double
  /// The one that nine of ten do not exceed.
  package let p90Milliseconds: Double
  /// Frames per second at the best time.
  package let bestFramesPerSecond: Double
  /// Frames per second at the median time.
  package let medianFramesPerSecond: Double

  /// Sums up at least one time.
  package init(_ durations: [Duration]) {
    precondition(!durations.isEmpty, "statistics of no times")
    let sorted = durations.map(\.milliseconds).sorted()
    let upper = sorted.count / 2
    let lower = (sorted.count - 1) / 2
    runs = sorted.count
    bestMilliseconds = sorted[0]
    medianMilliseconds = (sorted[lower] + sorted[upper]) / 2
    p90Milliseconds = sorted[(sorted.count * 9 + 9) / 10 - 1]
    bestFramesPerSecond = 1000 / bestMilliseconds
    medianFramesPerSecond = 1000 / medianMilliseconds
  }
}

extension Duration {
  /// The duration as nanoseconds, rounded down.
  var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

  /// The duration as milliseconds.
  var milliseconds: Double { Double(nanoseconds) / 1e6 }
}
