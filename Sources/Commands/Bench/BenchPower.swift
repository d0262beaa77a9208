import Boards
import Devices
import Glibc
import JSONValues

/// Power beside the phases of a measurement, where something measures it.
struct BenchPower {
  /// What a phase took.
  struct Figures: Sendable {
    /// What the watts are watts of: `CPU package`, or a rail.
    let label: String
    let watts: Double
    let frames: Int
    /// The energy of the phase, `nil` where samples vouch for too little of it.
    let joules: Double?
    /// The part of the phase for which samples vouch.
    let coverage: Double
    /// The watts before the first phase, `nil` where nothing was measured then.
    let idleWatts: Double?

    /// How many frames a joule runs, of all energy and not of that above idle.
    var framesPerJoule: Double? { joules.flatMap { $0 > 0 ? Double(frames) / $0 : nil } }

    /// The figures for a cell of a table.
    var cell: String {
      "\(watts.formatted(decimals: 2)) W \(label.printable)"
        + (framesPerJoule.map { ", \($0.formatted(decimals: 2)) frames/J" } ?? "")
    }

    /// The figures as a member.
    var json: JSONValue {
      .record([
        "of": .string(label), "mean_watts": .number(watts), "joules": .optional(joules) { .number($0) },
        "frames_per_joule": .optional(framesPerJoule) { .number($0) }, "coverage": .number(coverage),
        "idle_watts": .optional(idleWatts) { .number($0) },
        "watts_above_idle": .optional(idleWatts) { .number(watts - $0) },
      ])
    }
  }

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
    words = meter?.sensors.basis.label ?? reason ?? "no sensor of the whole, only of rails"
  }

  /// Measures what the machine takes while it waits.
  mutating func measureIdle() {
    guard let meter else { return }
    let start = meter.mark()
    // Short pauses: a signal ends it.
    while ContinuousClock.now - start < Self.idleDuration, Interruption.exitCode == nil { usleep(20_000) }
    idle = meter.summary(from: start)
  }

  /// What a phase took, `nil` where nothing measured it.
  func figures(of phase: PhaseMeasurement) -> Figures? {
    guard let meter else { return nil }
    // Samples behind the end of the phase belong to its last interval.
    _ = meter.mark()
    let summary = meter.summary(from: phase.span.lowerBound, to: phase.span.upperBound)
    guard let label = summary.basis.label, let watts = summary.meanWatts else { return nil }
    return Figures(
      label: label, watts: watts, frames: phase.times.count, joules: summary.spanJoules,
      coverage: summary.total?.coverage ?? 0, idleWatts: idle?.meanWatts)
  }

  /// Stops asking.
  func stop() { meter?.stop() }
}
