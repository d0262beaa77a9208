import Boards
import Glibc

/// `dpu power`: measures what a board or processor takes.
enum PowerCommand: Command {
  static let table = CommandTable(
    name: "power", summary: "measures power and temperature until Ctrl-C, or for a time",
    options: [
      Option(
        "interval", short: "i", takes: .integer("MS", 10...60_000), fallback: "100", "milliseconds between two samples"),
      Option(
        "duration", takes: .number("S", 0.01...31_536_000), fallback: "until Ctrl-C", "ends after so many seconds"),
      Option("csv", takes: .text("FILE"), "writes every sample there, with the instant at which it was read"),
    ] + BoardPlace.options.filter { ["root", "boards"].contains($0.name) },
    examples: [
      .init("power", "shows the rails of this board until Ctrl-C"),
      .init("power --duration 60 --csv idle.csv", "records a minute"),
      .init("power --duration 10 --json", "prints means, deviations and joules as one JSON object"),
    ],
    notes: [
      "Rails are those of the board's entry in the catalogue, found in /sys/class/hwmon. On an x86 processor the counters of "
        + "its packages are read instead; they are not the power of a board.",
      "Joules are the area below the samples, by the instants at which they were read. A sensor that stalls, disappears or "
        + "shows what can't be is named, and the time that no sample vouches for is not counted.",
      "Exit code 4: there is no sensor; 5: there is one, and it gave nothing.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let files = SystemFiles(root: arguments.text("root") ?? "/")
    guard files.isFolder("/") else {
      throw CommandError(.invalidInput, "\(files.root): there is no such folder; --root takes one that stands for /")
    }
    let board = try BoardPlace.catalogue(arguments, console)?.board(of: files)
    let sensors = PowerSensors.find(in: files, board: board)
    guard !sensors.isEmpty else { throw CommandError(.noDevice, PowerText.absence(sensors)) }
    let interval = Duration.milliseconds(arguments.integer("interval") ?? 100)
    Interruption.watch()
    let meter = try PowerMeter(sensors, interval: interval)
    let csv = try arguments.text("csv").map { path throws(CommandError) in try PowerCSV(path) }
    for problem in sensors.problems { console.warn("\(problem); goes on without it") }
    if let slow = sensors.sensors.first(where: { $0.updateInterval.map { $0 > interval } ?? false }) {
      let milliseconds = ((slow.updateInterval ?? .zero) / .milliseconds(1)).formatted(decimals: 0)
      console.warn("\(slow.label): its chip has a new value every \(milliseconds) ms only; more samples repeat them")
    }
    for warning in board?.warnings ?? [] { console.note("\(board?.title ?? ""): \(warning.text)") }
    try meter.start()
    defer { meter.stop() }
    var watch = PowerWatchLoop(
      meter: meter, root: files.root, csv: csv, duration: arguments.number("duration").map { .seconds($0) },
      console: console)
    return try watch.run()
  }
}

/// One run of `dpu power`.
private struct PowerWatchLoop {
  /// How often lines are printed where the output is no screen.
  private static let lineInterval = Duration.seconds(1)
  private static let redrawInterval = Duration.milliseconds(500)
  private static let step = Duration.milliseconds(50)

  private let meter: PowerMeter
  private let root: String
  private var csv: PowerCSV?
  private let duration: Duration?
  private let console: Console
  private var block: ScreenBlock
  private var failure: CommandError?

  init(meter: PowerMeter, root: String, csv: PowerCSV?, duration: Duration?, console: Console) {
    (self.meter, self.root, self.csv, self.duration, self.console) = (meter, root, csv, duration, console)
    block = ScreenBlock(STDOUT_FILENO, isShown: !console.isJSON && !console.isQuiet)
  }

  mutating func run() throws -> ExitCode {
    let begin = meter.epoch
    let end = duration.map { ContinuousClock.now + $0 }
    let pause = max(meter.interval, block.isOnScreen ? Self.redrawInterval : Self.lineInterval)
    var next = ContinuousClock.now
    while Interruption.exitCode == nil, failure == nil, end.map({ .now < $0 }) ?? true {
      if .now >= next {
        next += pause
        try show(since: begin)
      }
      record()
      let wait = min(Self.step, end.map { $0 - .now } ?? Self.step)
      usleep(UInt32(max(0, wait / .microseconds(1))))
    }
    let summary = meter.summary(from: begin)
    record()
    block.clear()
    try report(summary)
    if let failure { throw failure }
    if let code = Interruption.exitCode { return code }
    guard summary.rails.contains(where: { $0.statistics.mean != nil }) else {
      let reason = summary.rails.lazy.compactMap(\.problem).first ?? "no sensor answered in time"
      throw CommandError(.deviceFailed, "no sensor gave a usable value: \(reason)")
    }
    return .success
  }

  /// Writes new samples; the first failure ends the run.
  private mutating func record() {
    guard failure == nil, csv != nil else { return }
    do throws(CommandError) { try csv?.append(from: meter) } catch { failure = error }
  }

  private mutating func show(since begin: ContinuousClock.Instant) throws {
    guard !console.isJSON, !console.isQuiet else { return }
    if block.isOnScreen {
      let summary = meter.summary(from: begin, to: .now)
      let lines = [PowerText.title(summary, meter.sensors)] + PowerText.table(summary, now: meter.latest())
      block.show(lines + ["Ctrl-C ends it"])
    } else {
      block.forget()
      try console.print(PowerText.line(meter.latest()))
    }
  }

  private func report(_ summary: PowerSummary) throws {
    if console.isJSON {
      try console.print(PowerJSON.report(summary, meter.sensors, root: root, csv: csv?.path))
      return
    }
    try console.print(PowerText.title(summary, meter.sensors))
    for line in PowerText.table(summary, now: nil) + PowerText.problems(summary) { try console.print(line) }
    if let csv { console.note("\(csv.rowCount.grouped) samples in \(csv.path.printable)") }
  }
}
