package import Threads

/// How much of the last seconds each core was at work.
package struct BusyWindow: Equatable, Sendable {
  private struct Sample: Equatable, Sendable {
    let moment: Moment
    let busyTimes: [Duration]
  }

  private let length: Duration
  private var samples: [Sample] = []

  /// Makes a window that holds nothing yet.
  package init(length: Duration) { self.length = length }

  /// Takes in how long each core has been at work so far.
  package mutating func add(_ busyTimes: [Duration], at now: Moment) {
    samples.append(Sample(moment: now, busyTimes: busyTimes))
    // The last one that is older than the window is its beginning.
    while samples.count > 2, now - samples[1].moment >= length { samples.removeFirst() }
  }

  /// The part of the window, 0 to 1, that each core was at work; empty before there are two samples.
  package var ratios: [Double] {
    guard let first = samples.first, let last = samples.last, last.moment > first.moment else { return [] }
    let span = (last.moment - first.moment).inSeconds
    return zip(last.busyTimes, first.busyTimes).map { min(1, max(0, ($0 - $1).inSeconds / span)) }
  }
}
