import Vision

/// `dpu live`: runs a model on what a camera, a stream or a folder gives, and shows how it goes.
enum LiveCommand: Command {
  static let table = CommandTable(
    name: "live", summary: "runs a model on a camera, a stream, a video or a folder, and shows how it goes",
    operands: [Operand("MODEL", "a compiled .xmodel file with a card for pictures")],
    options: LiveSourceOptions.options + [
      Option(
        "record", short: "o", takes: .text("DIR"),
        "writes label maps, overlays and a table of times and classes there"),
      Option("frames", short: "n", takes: .integer("N", 1...Int.max), fallback: "no end", "ends after so many frames"),
      Option("duration", takes: .number("S", 0.1...1e9), fallback: "no end", "ends after so many seconds"),
    ] + SchedulingOptions.options + PowerRecording.options + LoadedModel.options,
    examples: [
      .init("live model.xmodel --camera /dev/video0", "runs the pictures of a camera until Ctrl-C"),
      .init(
        "live model.xmodel --source \"videotestsrc is-live=true\" --duration 10", "runs a test picture for 10 s"),
      .init("live model.xmodel --folder slices --record out", "runs a folder and keeps label maps and overlays"),
    ],
    notes: [
      "Pictures that come faster than they are run are left out, the oldest first, and counted as dropped; of --file and "
        + "--folder without --rate none is. Latency is from the whole picture being here to its result.",
      "GStreamer runs as gst-launch-1.0, without a shell: white space parts the words of --source, but not between double "
        + "quotes. dpu adds conversion, scaling and the form of pictures behind them.",
      "--record never slows a source that can't wait: frames that can't be written in time are left out and counted. A "
        + "folder with an earlier recording is refused.",
      "On a screen numbers are drawn in place, elsewhere there is a line each second; with --json each second is a line "
        + "of JSON, and the report is the last. 'dpu top' shows the same numbers elsewhere.",
      "Ctrl-C finishes what is under way and reports, and so does a closed session; a second Ctrl-C ends at once. A source "
        + "that breaks off, or a full disk, ends the run with exit code 3; what was done before is kept.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let options = try LiveSourceOptions(arguments)
    let scheduling = try SchedulingOptions(arguments)
    let limits = LivePass.Limits(
      frames: arguments.integer("frames"),
      duration: arguments.number("duration").map { .milliseconds(Int64($0 * 1000)) })
    if let record = arguments.text("record") { try LiveRecorder.checkIsNew(record) }
    let loaded = try LoadedModel(arguments.operands[0], arguments)
    guard let card = loaded.card?.card else {
      throw CommandError(
        .invalidInput,
        "\(loaded.path): live needs a card that says how pictures become the model's input: write "
          + "\(ModelCard.path(besideModelAt: loaded.path)), or name one with --card")
    }
    guard loaded.feeders.count == 1, case .fixedPoint(let preprocessor) = loaded.feeders[0] else {
      throw CommandError(
        .invalidInput, "\(loaded.path): live runs models with one int8 input, not with \(loaded.feeders.count)")
    }
    try loaded.announce(console)
    Interruption.watch()
    let stream = try scheduling.stream(loaded)
    var power = PowerRecording(arguments, of: loaded.device.description, console)
    let source = try options.open(for: card, frameShape: preprocessor.frameShape)
    defer {
      Interruption.accompany(nil)
      source.close()
    }
    console.note("source: \(source.title.printable)")
    let statistics = RunStatistics(
      loaded.subject(of: table.name, latency: "capture to result"), schedule: { stream.statistics },
      power: power.reading)
    let publisher = StatisticsPublisher.start(statistics, console)
    defer { publisher?.stop() }
    let pass = try LivePass(
      loaded, stream, from: source, options, statistics, record: arguments.text("record"), limits, console)
    power.begin()
    pass.run()
    return try pass.report(power.finish())
  }
}
