import Glibc

/// A point on a clock that nobody sets: for deadlines and for the times of jobs.
package struct Moment: Hashable, Comparable, Sendable {
  /// Nanoseconds since some start, the same for the whole process.
  package let nanoseconds: Int64

  /// Makes a moment.
  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Reads the clock.
  package static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Whether one moment comes before another.
  package static func < (one: Moment, other: Moment) -> Bool { one.nanoseconds < other.nanoseconds }

  /// The time from one moment to another.
  package static func - (one: Moment, other: Moment) -> Duration {
    .nanoseconds(one.nanoseconds.subtractingReportingOverflow(other.nanoseconds).partialValue)
  }

  /// A moment so much later; centuries are cut to what the clock counts.
  package static func + (moment: Moment, duration: Duration) -> Moment {
    let (seconds, attoseconds) = duration.components
    let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooLate) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    let (result, isBeyond) = moment.nanoseconds.addingReportingOverflow(sum)
    return Moment(nanoseconds: isTooLong || isTooLate || isBeyond ? (seconds < 0 ? .min : .max) : result)
  }

  /// The moment for functions of the system that wait until one.
  var systemTime: timespec {
    var result = timespec()
    result.tv_sec = Int(max(0, nanoseconds) / 1_000_000_000)
    result.tv_nsec = Int(max(0, nanoseconds) % 1_000_000_000)
    return result
  }
}
