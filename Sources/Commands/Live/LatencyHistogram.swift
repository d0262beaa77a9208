import Glibc

/// How often latencies of each length came: of a whole run, however long, in 30 KB.
///
/// Each octave of nanoseconds is parted in 64, so that a percentile is at most 1.6 % too low or too high.
package struct LatencyHistogram: Sendable {
  private static let parts = 64
  private static let partBits = 6
  private var counts = [Int](repeating: 0, count: 59 * LatencyHistogram.parts)
  /// How many were counted.
  package private(set) var count = 0
  /// The longest.
  package private(set) var longest = Duration.zero

  /// Makes one of nothing.
  package init() {}

  /// Counts a latency; allocates nothing.
  package mutating func add(_ latency: Duration) {
    counts[Self.place(UInt64(max(0, latency.wholeNanoseconds)))] += 1
    count += 1
    longest = max(longest, latency)
  }

  /// The latency that a share of all does not exceed, nearest rank, `nil` without any; that of all is exact.
  package func percentile(_ share: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = max(1, min(count, Int((Double(count) * share).rounded(.up))))
    guard rank < count else { return longest }
    var below = 0
    for (place, number) in counts.enumerated() {
      below += number
      if below >= rank { return min(longest, .nanoseconds(Self.middle(of: place))) }
    }
    return longest
  }

  private static func place(_ nanoseconds: UInt64) -> Int {
    let octave = 63 - max(1, nanoseconds).leadingZeroBitCount
    guard octave >= partBits else { return Int(nanoseconds) }
    let part = Int(nanoseconds >> UInt64(octave - partBits)) - parts
    return (octave - partBits + 1) * parts + part
  }

  private static func middle(of place: Int) -> Int64 {
    guard place >= parts else { return Int64(place) }
    let shift = Int64(place / parts - 1)
    let start = Int64(parts + place % parts) << shift
    return start + (Int64(1) << shift) / 2
  }
}
