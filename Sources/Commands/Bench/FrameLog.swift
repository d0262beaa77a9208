import Inference
import Threads

/// Notes when frames ended and how long they took, all of them, in memory that is there from the start.
///
/// The first frame that ends after the warm-up is where measuring begins; it is not counted itself, so that each
/// counted frame has a whole interval.
struct FrameLog {
  /// The most frames of a measurement; it ends earlier when it is full.
  static let mostFrames = 1 << 20

  /// When the measurement began, `nil` while warming up.
  private(set) var start: Int64?
  /// The ends of the counted frames in order.
  private(set) var ends: [Int64] = []
  /// How long each took.
  private(set) var times: [Int64] = []
  /// From where it began to its last frame, on the clock of the power meter.
  var span: Range<ContinuousClock.Instant> {
    let length = Duration.nanoseconds((ends.last ?? 0) - (start ?? 0))
    return beginning..<beginning + max(.zero, length)
  }
  /// What the cores had done when it began.
  private(set) var coresBefore: [SchedulerStatistics.Core] = []
  /// The end of the warm-up.
  private let warmUpEnd: Moment
  private let duration: Duration
  private var beginning = ContinuousClock.now

  /// Makes an empty log of a measurement that begins after a warm-up.
  init(warmUp: Duration, duration: Duration, capacity: Int = FrameLog.mostFrames) {
    warmUpEnd = .now + warmUp
    self.duration = duration
    ends.reserveCapacity(capacity)
    times.reserveCapacity(capacity)
  }

  /// Takes note of a frame that has ended.
  ///
  /// - Parameters:
  ///   - isReady: Whether the measurement may begin.
  ///   - cores: What the cores have done; asked for once.
  /// - Returns: Whether further frames are wanted.
  mutating func note(
    end: Moment, time: Duration, isReady: Bool = true, cores: () -> [SchedulerStatistics.Core]
  ) -> Bool {
    guard let start else {
      if isReady, end >= warmUpEnd {
        coresBefore = cores()
        self.start = end.nanoseconds
        beginning = .now
      }
      return true
    }
    guard ends.count < ends.capacity, end.nanoseconds - start < duration.wholeNanoseconds || ends.isEmpty else {
      return false
    }
    ends.append(end.nanoseconds)
    times.append(time.wholeNanoseconds)
    return ends.count < ends.capacity
  }
}

extension Duration {
  /// The duration in nanoseconds, cut to what an integer holds.
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return isTooLong ? (seconds < 0 ? .min : .max) : whole + attoseconds / 1_000_000_000
  }
}
