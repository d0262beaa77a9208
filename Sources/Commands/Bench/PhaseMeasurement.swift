import Devices
import Inference

/// What one phase of `dpu bench` measured.
package struct PhaseMeasurement: Sendable {
  /// The phases, each a definition of its own.
  enum Phase: String, CaseIterable {
    case deviceOnly = "device-only"
    case endToEnd = "end-to-end"
    case latency
  }

  let phase: Phase
  /// From where to where a frame is measured, and what is left out.
  let definition: String
  /// What the times of single frames are times of.
  let timeDefinition: String
  /// How many frames were in flight.
  let inFlight: Int
  /// Whether that number was found by trying.
  let isInFlightFound: Bool
  /// From the end of the last frame of the warm-up to the end of the last counted one.
  let duration: Duration
  /// The same on the clock of the power meter.
  let span: Range<ContinuousClock.Instant>
  let windows: RateWindows
  /// The times of single frames.
  let times: Percentiles
  /// How much of the time each core was at work.
  let coreBusy: [Double]
  /// What the host's stages took, where they were timed; warm-up included.
  let stages: [StageShare]
  /// Whether a signal cut it short.
  let isCutShort: Bool
  /// What it took, `nil` where nothing measures it.
  var power: MeasuredPower?

  /// What one stage of the host took.
  struct StageShare: Sendable {
    let stage: StageTimes.Stage
    /// Processor time over the time of the phase: 1 is a whole processor.
    let processors: Double
    /// Processor time of a frame.
    let processorTime: Duration
    /// Time of a frame, waiting for processors and disks included.
    let time: Duration
  }

  /// Sums up a log.
  ///
  /// - Returns: `nil` where no frame was counted.
  init?(
    _ phase: Phase, definition: String, timeDefinition: String, _ log: FrameLog, coresAfter: [SchedulerStatistics.Core],
    of subject: BenchSubject, inFlight: Int, isInFlightFound: Bool, stages: [StageShare]
  ) {
    guard let start = log.start, let last = log.ends.last, let times = Percentiles(log.times) else { return nil }
    self.phase = phase
    self.definition = definition
    self.timeDefinition = timeDefinition
    self.inFlight = inFlight
    self.isInFlightFound = isInFlightFound
    duration = .nanoseconds(max(1, last - start))
    span = log.span
    windows = RateWindows(start: start, ends: log.ends)
    self.times = times
    let duration = duration
    coreBusy = zip(coresAfter, log.coresBefore).prefix(subject.opened.coreCount).map { after, before in
      // A job is booked when it ends: one that ran across an edge of the measurement may count as a whole. A paced core
      // is at work for exactly its time, however late somebody notices the end.
      let busyTime =
        subject.pacedTime.map { $0 * (after.finishCount - before.finishCount) } ?? after.busyTime - before.busyTime
      return min(1, busyTime / duration)
    }
    self.stages = stages
    isCutShort = Interruption.exitCode != nil
  }

  /// How many frames were counted.
  package var frameCount: Int { times.count }

  /// Frames in a second.
  var framesPerSecond: Double { Double(times.count) / duration.seconds }

  /// Whether the windows agree.
  var stability: Stability { Stability(windows.rates) }
}

extension StageTimes {
  /// The shares of the host's stages in a phase.
  func shares(frameCount: Int, of duration: Duration) -> [PhaseMeasurement.StageShare] {
    guard frameCount > 0 else { return [] }
    return StageTimes.Stage.allCases.filter { $0 != .device && self[$0] > .zero }.map { stage in
      PhaseMeasurement.StageShare(
        stage: stage, processors: processorTime(of: stage) / duration,
        processorTime: processorTime(of: stage) / frameCount, time: self[stage] / frameCount)
    }
  }
}
