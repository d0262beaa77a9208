import Boards
import Devices
import Glibc
import JSONValues

/// Power beside the phases of a measurement, where something measures it.
struct BenchPower {
  /// What measures, or why nothing does.
  let words: String
  private let meter: PowerMeter?
  private var idle: PowerSummary?

  /// How long idling is measured before the first phase.
  static let idleDuration = Duration.seconds(1)

  /// Looks for sensors and starts to ask them.
  ///
  /// - Parameter device: Where the frames run: of a simulated device no power is measured.
  init(of device: DeviceDescription, _ console: Console) {
    let (meter, reason) = PowerRecording.open(isWanted: true, isNeeded: false, device, console)
    self.meter = meter
    words = meter?.sensors.basis.label ?? reason ?? MeasuredPower.onlyRails
  }

  /// What those see who look in meanwhile.
  var reading: @Sendable () -> RunStatistics.Power {
    guard let meter else {
      let words = words
      return { RunStatistics.Power(watts: nil, sensor: words) }
    }
    return { meter.reading }
  }

  /// Measures what the machine takes while it waits.
  mutating func measureIdle() {
    guard let meter else { return }
    let start = meter.mark()
    // Short pauses: a signal ends it.
    while ContinuousClock.now - start < Self.idleDuration, Interruption.exitCode == nil { usleep(20_000) }
    idle = meter.summary(from: start)
  }

  /// What a phase took, `nil` where nothing measures it.
  func measured(_ phase: PhaseMeasurement) -> MeasuredPower? {
    guard let meter else { return nil }
    // Samples behind the end of the phase belong to its last interval.
    _ = meter.mark()
    let summary = meter.summary(from: phase.span.lowerBound, to: phase.span.upperBound)
    return MeasuredPower(summary: summary, idle: idle, reason: nil)
  }

  /// Stops asking.
  func stop() { meter?.stop() }
}

extension MeasuredPower {
  /// The member `power` of a phase of `dpu bench`.
  func benchJSON(frameCount: Int) -> JSONValue {
    let total: PowerSummary.Line? = summary?.total
    func number(_ value: Double?) -> JSONValue { .optional(value) { .number($0) } }
    // Each value by itself: all in one expression is more than Swift 6.0.3 can work out.
    let members: [(String, JSONValue)] = [
      ("of", .optional(total) { .string($0.label) }), ("mean_watts", number(total?.statistics.mean)),
      ("sd_watts", number(total?.statistics.standardDeviation)), ("joules", number(summary?.spanJoules)),
      ("frames_per_joule", number(summary?.framesPerJoule(frameCount))),
      ("coverage", .number(total?.coverage ?? 0)), ("idle_watts", number(idle?.meanWatts)),
      ("watts_above_idle", number(idle.flatMap { summary?.watts(above: $0) })),
      ("problem", .optional(problem) { .string($0) }),
      ("rails", .array((summary?.rails ?? []).map { PowerJSON.line($0) })),
      ("temperatures", .array((summary?.temperatures ?? []).map { PowerJSON.line($0, isPower: false) })),
    ]
    return .record(JSONValue.Members(members))
  }
}
