import Glibc
import Threads

/// When the last frames ended and how long each took: what rates and percentiles of "now" are made of.
struct RecentFrames: Sendable {
  private var ends: [Int64]
  private var latencies: [Int64]
  private var next = 0
  private var isFull = false

  /// Makes room for so many frames; later ones take the place of the oldest.
  init(capacity: Int) {
    ends = [Int64](repeating: 0, count: capacity)
    latencies = ends
  }

  /// How many are kept.
  private var count: Int { isFull ? ends.count : next }

  /// Takes a frame in; allocates nothing.
  mutating func add(ended: Moment, latency: Duration) {
    ends[next] = ended.nanoseconds
    latencies[next] = latency.wholeNanoseconds
    next += 1
    guard next == ends.count else { return }
    next = 0
    isFull = true
  }

  /// The same in memory of its own, which later frames are not written to.
  ///
  /// A copy that shares memory until one of them changes would do, if the thread sanitizer knew how it is counted.
  var copy: RecentFrames {
    var copy = self
    copy.ends = ends.map { $0 }
    copy.latencies = latencies.map { $0 }
    return copy
  }

  /// Frames in a second within a window that ends now, or since the start where that is less ago.
  func rate(at now: Moment, since start: Moment, window: Duration) -> Double {
    var from = max(start.nanoseconds, now.nanoseconds - window.wholeNanoseconds)
    // Where the window holds more frames than are kept, it is as long as those go back.
    if isFull, let oldest = ends.min(), oldest > from { from = oldest }
    let span = now.nanoseconds - from
    guard span > 0 else { return 0 }
    let inside = ends.prefix(count).reduce(0) { $0 + ($1 > from && $1 <= now.nanoseconds ? 1 : 0) }
    return Double(inside) * 1e9 / Double(span)
  }

  /// The latencies at the given shares, nearest rank, `nil` without frames.
  ///
  /// - Units: Seconds.
  func percentiles(_ shares: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    let sorted = latencies.prefix(count).sorted()
    return shares.map { Double(sorted[max(0, min(count, Int((Double(count) * $0).rounded(.up))) - 1)]) / 1e9 }
  }
}
