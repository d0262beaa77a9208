import Glibc
package import Threads

/// How long the last requests took: what percentiles of "now" are made of.
package struct RecentRequests: Sendable {
  private var ends: [Int64] = []
  private var durations: [Int64] = []
  private var next = 0
  private let capacity: Int

  /// Makes room for so many requests; later ones take the place of the oldest.
  package init(capacity: Int = 2048) { self.capacity = capacity }

  /// Adds a request.
  package mutating func add(_ duration: Duration, at end: Moment) {
    if ends.count < capacity {
      ends.append(end.nanoseconds)
      durations.append(Int64(duration.nanosecondCount))
    } else {
      ends[next] = end.nanoseconds
      durations[next] = Int64(duration.nanosecondCount)
    }
    next = (next + 1) % capacity
  }

  /// How long those took that ended after a moment.
  ///
  /// - Units: Nanoseconds.
  package func durations(after moment: Moment) -> [Int64] {
    ends.indices.filter { ends[$0] > moment.nanoseconds }.map { durations[$0] }
  }

  /// The values at the given shares, nearest rank; `nil` without values.
  package static func percentiles(_ shares: [Double], of values: [Int64]) -> [Double]? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    return shares.map { share in
      let rank = Int((Double(sorted.count) * share).rounded(.up))
      return Double(sorted[max(0, min(sorted.count, rank) - 1)])
    }
  }
}
