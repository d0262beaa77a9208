import Devices
import Inference
import Vision
import XModel

/// `dpu bench`: measures a model on a device, and says what the figures are figures of.
enum BenchCommand: Command {
  static let table = CommandTable(
    name: "bench", summary: "measures how fast a model runs, alone and end to end, and where the time goes",
    operands: [
      Operand("MODEL", "a compiled .xmodel file"),
      Operand(
        "INPUT", count: 0...Int.max, "files or folders to run end to end; without them, a made-up frame in memory"),
    ],
    options: BenchSetting.options + [
      Option("output", short: "o", takes: .text("DIR"), "writes results there too; INPUT only"),
      Option("no-overlay", "writes label maps without overlays"),
      Option("tensors", "gives the model's last tensors, whatever its card says"),
      Option("compare", takes: .text("OLD.json"), "compares with a kept report of this model on this device"),
    ] + SchedulingOptions.options + LoadedModel.optionsToMeasure,
    examples: [
      .init("bench model.xmodel", "measures the device alone, end to end from memory, and one frame at a time"),
      .init("bench model.xmodel slices/ -o out --cores 2", "measures from files to written label maps"),
      .init("bench model.xmodel --json > old.json", "keeps a report"),
      .init("bench model.xmodel --compare old.json", "says whether it became faster"),
    ],
    notes: [
      "Phases: device-only (filled buffers, nothing converted), end-to-end (from files or memory to results), latency (one "
        + "frame at a time). Every figure is printed with what it is of. A simulated or paced device measures this machine, "
        + "never a board.",
      "A first Ctrl-C ends the measurement and prints what there is; a second one ends the program.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let setting = try BenchSetting(arguments, console)
    let scheduling = try SchedulingOptions(arguments)
    let compared = arguments.text("compare")
    let kept = try compared.map { try BenchComparison.read($0) }
    let inputs = InputList(arguments.operands.dropFirst())
    if let failure = inputs.failures.first { throw CommandError(.invalidInput, failure.line) }
    let model = arguments.operands[0]
    Interruption.watch()
    let files = try firstFrame(of: inputs.files, model)
    let subject = try BenchSubject(arguments, scheduling, model: model, files: files)
    let groups = try groups(of: inputs.files, arity: files.count)
    try subject.loaded.announce(console)
    let provenance = try Provenance(subject, threadCount: arguments.integer("threads"))
    if let kept, let compared { try BenchComparison.check(kept, path: compared, against: provenance) }
    let publisher = StatisticsPublisher.start(subject.statistics, console)
    defer { publisher?.stop() }
    let pass = BenchPass(subject: subject, setting: setting, console: console)
    let phases = try pass.run(groups: groups, finisher: finisher(arguments, subject.loaded, inputs.files))
    guard !phases.isEmpty else {
      console.complain("stopped by a signal before a frame was counted")
      return Interruption.exitCode ?? .deviceFailed
    }
    var report = BenchReport(
      subject, provenance, warmUp: setting.warmUp, duration: setting.duration, phases: phases)
    if let kept, let compared { report.comparison = BenchComparison(kept, path: compared, with: report) }
    switch setting.form {
    case .json: try console.print(report.json)
    case .markdown: try console.print(report.markdown)
    case .text: try console.print(report.text { console.styled($0, .bold) })
    }
    return Interruption.exitCode ?? .success
  }

  /// The files of the first run, one for each input of the model.
  private static func firstFrame(of files: [String], _ path: String) throws -> [String] {
    guard !files.isEmpty else { return [] }
    let arity = try Model(path: path).inputs.count
    guard files.count % arity == 0 else {
      throw CommandError(
        .usage, "bench: the model has \(arity) inputs, so files come in groups of \(arity), not \(files.count)")
    }
    return Array(files.prefix(arity))
  }

  private static func groups(of files: [String], arity: Int) throws -> [[String]] {
    stride(from: 0, to: files.count, by: max(1, arity)).map { Array(files[$0..<$0 + arity]) }
  }

  private static func finisher(
    _ arguments: Arguments, _ loaded: LoadedModel, _ files: [String]
  ) throws -> RunFinisher? {
    guard let output = arguments.text("output") else { return nil }
    guard !files.isEmpty else { throw CommandError(.usage, "bench: --output is for results of INPUT; name some") }
    return RunFinisher(
      loaded: loaded, folder: try OutputFolder(output), names: try OutputFolder.names(for: files),
      drawsOverlays: !arguments.flag("no-overlay"), isJSON: false, isVerbose: false, statistics: nil)
  }
}
