/// The order of many times, exact: of all of them, none is estimated.
package struct Percentiles: Equatable, Sendable {
  /// How many times there were.
  package let count: Int
  /// The shortest.
  package let least: Int64
  /// The time that half of all do not exceed.
  package let p50: Int64
  /// The time that 90 of 100 do not exceed.
  package let p90: Int64
  /// The time that 99 of 100 do not exceed.
  package let p99: Int64
  /// The longest.
  package let most: Int64

  /// Sorts times, `nil` where there is none.
  ///
  /// - Units: nanoseconds.
  package init?(_ times: [Int64]) {
    guard !times.isEmpty else { return nil }
    let sorted = times.sorted()
    count = sorted.count
    least = sorted[0]
    p50 = sorted[Self.index(of: 50, count: sorted.count)]
    p90 = sorted[Self.index(of: 90, count: sorted.count)]
    p99 = sorted[Self.index(of: 99, count: sorted.count)]
    most = sorted[sorted.count - 1]
  }

  /// The place of a percentile among sorted values by the nearest rank: the first that so many of 100 do not exceed.
  package static func index(of percent: Int, count: Int) -> Int { max(0, (count * percent + 99) / 100 - 1) }
}

extension [Double] {
  /// The middle value, the mean of both where there are two; `nan` of nothing.
  package var median: Double {
    guard !isEmpty else { return .nan }
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
