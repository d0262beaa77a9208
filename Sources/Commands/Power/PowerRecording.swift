import Boards
import Devices
import Glibc
import JSONValues

/// The power that a command measures while it works.
///
/// Made before the work and begun with it; a command without a sensor goes on, and its report says that there is none.
struct PowerRecording {
  /// The options of commands that measure power beside their work.
  static let options: [Option] = [
    Option(
      "power", fallback: "on where there is a sensor",
      "measures power meanwhile; --no-power leaves it out"),
    Option(
      "power-idle", takes: .number("S", 0.1...600), fallback: "no baseline",
      "measures the idle machine for so many seconds before"),
  ]

  /// The meter, for live views; `nil` where nothing is measured.
  let meter: PowerMeter?
  private let reason: String?
  private var idle: PowerSummary?
  private var start = ContinuousClock.now

  /// Finds the sensors and starts to measure; takes the time of the baseline, if one is asked for.
  ///
  /// - Parameter device: Where the frames run: of a simulated device no power is measured.
  init(_ arguments: Arguments, of device: DeviceDescription, _ console: Console) {
    let wish = arguments.flagIfGiven("power")
    (meter, reason) = Self.open(isWanted: wish != false, isNeeded: wish == true, device, console)
    guard let meter, let seconds = arguments.number("power-idle") else { return }
    let begin = meter.mark()
    let end = begin + .seconds(seconds)
    while Interruption.exitCode == nil, .now < end {
      usleep(UInt32(min(20_000, max(0, (end - .now) / .microseconds(1)))))
    }
    idle = meter.summary(from: begin)
  }

  /// What those see who look in meanwhile.
  var reading: @Sendable () -> RunStatistics.Power {
    guard let meter else {
      let reason = reason ?? "no sensor"
      return { RunStatistics.Power(watts: nil, sensor: reason) }
    }
    return { meter.reading }
  }

  /// Begins the span that is reported.
  mutating func begin() { start = meter?.mark() ?? .now }

  /// Ends the span and the measuring.
  func finish() -> MeasuredPower {
    defer { meter?.stop() }
    return MeasuredPower(summary: meter?.summary(from: start), idle: idle, reason: reason)
  }

  /// Starts to measure where something can be measured, else tells why not.
  static func open(
    isWanted: Bool, isNeeded: Bool, _ device: DeviceDescription, _ console: Console
  ) -> (PowerMeter?, String?) {
    guard isWanted else { return (nil, "switched off") }
    // What a machine takes while it stands for another says nothing about that one.
    guard !["simulated", "paced"].contains(device.kind) else {
      return (nil, "not measured, the device is \(device.kind)")
    }
    let files = SystemFiles()
    // Machines without a device tree are no board, and need not read the catalogue for each run.
    let catalogue =
      files.exists("/sys/firmware/devicetree/base")
      ? try? BoardCatalogue.find(given: nil, program: DPUProgram.path) : nil
    let board = catalogue?.board(of: files)
    let sensors = PowerSensors.find(in: files, board: board)
    guard !sensors.isEmpty else {
      if isNeeded { console.warn(PowerText.absence(sensors)) }
      return (nil, "no sensor" + (sensors.problems.first.map { " (\($0))" } ?? ""))
    }
    do throws(BoardError) {
      let meter = try PowerMeter(sensors)
      try meter.start()
      return (meter, nil)
    } catch {
      console.warn("power is not measured: \(error)")
      return (nil, "not measured, \(error.message)")
    }
  }
}

extension PowerMeter {
  /// What those see who look in while it measures.
  var reading: RunStatistics.Power {
    let now = latest()
    guard let label = now.basis.label else {
      return RunStatistics.Power(watts: nil, sensor: MeasuredPower.onlyRails)
    }
    let problem = now.totalProblem ?? (now.totalWatts == nil ? "no reading yet" : nil)
    return RunStatistics.Power(watts: now.totalWatts, sensor: label, problem: problem)
  }
}

/// What was measured beside the work of a command.
struct MeasuredPower: Sendable {
  /// What is said where rails are measured, and nothing stands for the whole.
  static let onlyRails = "no sensor of the whole, only of rails"

  /// The span of the work; `nil` where nothing was measured.
  let summary: PowerSummary?
  /// The idle span before it.
  let idle: PowerSummary?
  /// Why nothing was measured.
  let reason: String?

  /// What is wrong with the sensor of the whole, `nil` where it is well or nothing is measured.
  var problem: String? {
    guard let summary else { return nil }
    guard let total = summary.total else { return Self.onlyRails }
    return total.problem ?? (total.statistics.mean == nil ? "no reading in this time" : nil)
  }

  /// What is missing of the measurement and why, `nil` where nothing is.
  var trouble: String? {
    guard let total = summary?.total, let problem else { return problem ?? gap }
    guard total.statistics.mean != nil else { return "\(total.label) gave nothing: \(problem)" }
    return (gap.map { "\($0), " } ?? "") + "\(total.label): \(problem)"
  }

  /// How little of the time samples vouch for, `nil` where it is enough to tell the energy.
  private var gap: String? {
    guard let total = summary?.total, total.coverage < PowerSummary.leastCoverage else { return nil }
    return "only \(PowerText.percent(total.coverage)) of the time covered"
  }

  /// The mean with its deviation: `5.10 ± 0.03 W (SOM)`; `nil` where there is none.
  private var mean: String? {
    guard let total = summary?.total, let mean = total.statistics.mean else { return nil }
    let deviation = total.statistics.standardDeviation.map { " ± \($0.formatted(decimals: 2))" } ?? ""
    return "\(mean.formatted(decimals: 2))\(deviation) W (\(total.label))"
  }

  /// The line for a person: `5.10 ± 0.03 W (SOM), 33.10 J, 12.3 frames/J`, or `no sensor`.
  func words(frameCount: Int) -> String {
    guard let summary else { return reason ?? "no sensor" }
    guard let mean else { return (trouble ?? Self.onlyRails).printable }
    var words = [mean]
    if let joules = summary.total?.joules { words.append("\(joules.formatted(decimals: 2)) J") }
    if let rate = summary.framesPerJoule(frameCount) { words.append("\(rate.formatted(decimals: 2)) frames/J") }
    if let idle, let watts = summary.watts(above: idle) { words.append("\(watts.formatted(decimals: 2)) W above idle") }
    if let trouble { words.append(trouble) }
    return words.joined(separator: ", ").printable
  }

  /// The same, short enough for a cell of a table.
  func cell(frameCount: Int) -> String {
    guard let summary else { return reason ?? "no sensor" }
    guard let mean else { return (summary.total.map { "\($0.label) gave nothing" } ?? Self.onlyRails).printable }
    let rate = summary.framesPerJoule(frameCount).map { "\($0.formatted(decimals: 2)) frames/J" }
    return [mean, rate, gap].compactMap { $0 }.joined(separator: ", ").printable
  }

  /// The line with its name in front.
  func line(frameCount: Int) -> String { "power: \(words(frameCount: frameCount))" }

  /// The member `power` of a report.
  func json(frameCount: Int) -> JSONValue {
    let absence: String? = summary == nil ? reason ?? "no sensor" : nil
    let framesPerJoule: Double? = summary?.framesPerJoule(frameCount)
    let wattsAboveIdle: Double? = idle.flatMap { summary?.watts(above: $0) }
    let rails: [JSONValue] = (summary?.rails ?? []).map { PowerJSON.line($0) }
    let temperatures: [JSONValue] = (summary?.temperatures ?? []).map { PowerJSON.line($0, isPower: false) }
    // Each value by itself: all in one expression is more than Swift 6.0.3 can work out.
    let members: [(String, JSONValue)] = [
      ("reason", .optional(absence) { .string($0) }), ("basis", .string(summary?.basis.name ?? "none")),
      ("frames_per_joule", .optional(framesPerJoule) { .number($0) }),
      ("idle", .optional(idle?.total) { PowerJSON.line($0) }),
      ("watts_above_idle", .optional(wattsAboveIdle) { .number($0) }),
      ("total", .optional(summary?.total) { PowerJSON.line($0) }), ("rails", .array(rails)),
      ("temperatures", .array(temperatures)),
    ]
    return .object(JSONValue.Members(members))
  }
}
