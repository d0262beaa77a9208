import Devices
import Inference
import JSONValues
import SimulatedDPU
import Vision
import XModel

/// `dpu bench`: measures a model on a device, and says what the figures are figures of.
package enum BenchCommand: Command {
  /// What it is called and takes.
  package static let table = CommandTable(
    name: "bench", summary: "measures how fast a model runs, alone and end to end, and where the time goes",
    operands: [
      Operand("MODEL", "a compiled .xmodel file; with --nerone the folder of the paper's models"),
      Operand(
        "INPUT", count: 0...Int.max, "files or folders to run end to end; without them, a made-up frame in memory"),
    ],
    options: BenchSetting.options + [
      Option("output", short: "o", takes: .text("DIR"), "writes results there too; INPUT only"),
      Option("no-overlay", "writes label maps without overlays"),
      Option("tensors", "gives the model's last tensors, whatever its card says"),
      Option("sweep", "measures one frame in flight, two and so on, with one core, two and so on, and marks the knee"),
      Option("nerone", "prints Table I of the NERONE paper beside what is measured here and what is predicted"),
      Option("compare", takes: .text("OLD.json"), "compares with a kept report of this model on this device"),
    ] + SchedulingOptions.options + LoadedModel.optionsToMeasure,
    examples: [
      .init("bench model.xmodel", "measures the device alone, end to end from memory, and one frame at a time"),
      .init("bench model.xmodel slices/ -o out --cores 2", "measures from files to written label maps"),
      .init("bench model.xmodel --json > old.json", "keeps a report"),
      .init("bench model.xmodel --compare old.json", "says whether it became faster"),
      .init("bench model.xmodel --sweep --cores 2 --duration 1", "finds how many frames in flight are enough"),
      .init("bench models/ --nerone", "measures ctorg, brats, prostate and bccd.xmodel of the folder"),
    ],
    notes: [
      "Phases: device-only (filled buffers, nothing converted), end-to-end (from files or memory to results), latency (one "
        + "frame at a time). Every figure is printed with what it is of. A simulated or paced device measures this machine, "
        + "never a board.",
      "A first Ctrl-C ends the measurement and prints what there is; a second one ends the program.",
    ])

  /// Measures.
  package static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let setting = try BenchSetting(arguments, console)
    try checkThatTheyGo(together: arguments)
    Interruption.watch()
    if arguments.flag("nerone") { return try nerone(arguments, setting, console) }
    let compared = arguments.text("compare")
    let kept = try compared.map { try KeptReport($0) }
    let isSweep = arguments.flag("sweep")
    if arguments.text("output") != nil, arguments.operands.count == 1 {
      throw CommandError(.usage, "bench: --output is for results of INPUT; name some")
    }
    let subject = try BenchSubject(
      arguments, console, model: arguments.operands[0], inputs: Array(arguments.operands.dropFirst()),
      hasRoomToTry: isSweep)
    guard Interruption.exitCode == nil else { return stopped(console) }
    try subject.loaded.announce(console)
    let provenance = try Provenance(subject, threadCount: arguments.integer("threads"))
    if let kept, let compared { try BenchComparison.check(kept, path: compared, against: provenance) }
    let publisher = StatisticsPublisher.start(subject.statistics, console)
    defer { publisher?.stop() }
    if isSweep { return try sweep(subject, provenance, setting, console) }
    let finisher = try finisher(arguments, subject)
    var power = BenchPower(of: subject.loaded.device.description, console)
    defer { power.stop() }
    subject.statistics.readPower(from: power.reading)
    power.measureIdle()
    let result = try BenchPass(subject: subject, setting: setting, console: console).run(
      finisher: finisher, power: power)
    guard !result.phases.isEmpty else { return stopped(console) }
    let input = BenchInput(
      subject, isWritten: finisher != nil, drawsOverlays: !arguments.flag("no-overlay"))
    var report = BenchReport(
      subject, provenance, input, warmUp: setting.warmUp, duration: setting.duration, result, power: power)
    if let kept, let compared { report.comparison = BenchComparison(kept, path: compared, with: report) }
    try show(setting.form, console, report.json, report.markdown) { report.text(heading: $0) }
    if let failure = result.failure {
      console.complain(failure.message)
      return failure.code
    }
    return end(subject.files, console)
  }

  /// The exit code of a measurement that is over.
  private static func end(_ files: BenchFiles, _ console: Console) -> ExitCode {
    if !files.failures.isEmpty { console.note(InputList.skipped(files.failures.count)) }
    return Interruption.exitCode ?? (files.failures.isEmpty ? .success : .invalidInput)
  }

  private static func checkThatTheyGo(together arguments: Arguments) throws {
    let modes = ["sweep", "nerone"].filter(arguments.flag)
    guard let mode = modes.first else { return }
    let others = ["compare", "output"].filter { arguments.text($0) != nil } + modes.dropFirst()
    if let other = others.first { throw CommandError(.usage, "bench: --\(mode) and --\(other) exclude each other") }
    if mode == "nerone", arguments.operands.count > 1 {
      throw CommandError(.usage, "bench: --nerone takes a folder of models and no INPUT")
    }
    if mode == "nerone", arguments.text("device").flatMap(DeviceKind.init) == .paced {
      throw CommandError(
        .usage,
        "bench: --nerone is for devices that run the models; on a paced device none runs, and 'measured here' would hold "
          + "times that were given")
    }
    if mode == "sweep", arguments.text("in-flight") != nil {
      throw CommandError(.usage, "bench: --sweep tries numbers of frames in flight; don't give --in-flight")
    }
  }

  private static func show(
    _ form: BenchSetting.Form, _ console: Console, _ json: @autoclosure () -> JSONValue,
    _ markdown: @autoclosure () -> String, text: ((String) -> String) -> String
  ) throws {
    switch form {
    case .json: try console.print(json())
    case .markdown: try console.print(markdown())
    case .text: try console.print(text { console.styled($0, .bold) })
    }
  }

  private static func stopped(_ console: Console) -> ExitCode {
    console.complain("stopped by a signal before a frame was counted")
    return Interruption.exitCode ?? .deviceFailed
  }

  private static func sweep(
    _ subject: BenchSubject, _ provenance: Provenance, _ setting: BenchSetting, _ console: Console
  ) throws -> ExitCode {
    let result = try BenchSweep(subject: subject, setting: setting, console: console).run()
    guard !result.rows.isEmpty else { return stopped(console) }
    let report = SweepReport(
      provenance: provenance, rateMeaning: subject.rateMeaning, frameOrigin: subject.origin, result: result,
      coreCount: subject.opened.coreCount, failures: subject.files.failures)
    try show(setting.form, console, report.json, report.markdown) { report.text(heading: $0) }
    return end(subject.files, console)
  }

  private static func nerone(
    _ arguments: Arguments, _ setting: BenchSetting, _ console: Console
  ) throws -> ExitCode {
    let folder = arguments.operands[0]
    var rows: [NeroneTable.Row] = []
    var first: (BenchSubject, Provenance)?
    for task in NeroneTable.tasks where Interruption.exitCode == nil {
      let path = InputList.join(folder, task.file)
      console.note("\(task.name): \(path.printable)")
      let subject = try BenchSubject(arguments, console, model: path)
      let provenance = try Provenance(subject, threadCount: arguments.integer("threads"))
      if first == nil { try subject.loaded.announce(console) }
      first = first ?? (subject, provenance)
      let publisher = StatisticsPublisher.start(subject.statistics, console)
      defer { publisher?.stop() }
      let phases = try BenchPass(subject: subject, setting: setting, console: console).runFromMemory()
      let megahertz = BoardFigures.zcu104.megahertz ?? 300
      let predicted = (try? PredictedFrame(subject.loaded.model, for: "bench")).map {
        Double(BoardFigures.zcu104.coreCount) / $0.time(atMegahertz: megahertz).seconds
      }
      rows.append(
        NeroneTable.Row(
          task: task, deviceOnly: phases.first { $0.phase == .deviceOnly },
          endToEnd: phases.first { $0.phase == .endToEnd }, predicted: predicted, modelSHA256: provenance.modelSHA256))
    }
    guard let first else { return stopped(console) }
    let table = NeroneTable(
      rows: rows, provenance: first.1, rateMeaning: first.0.rateMeaning)
    try show(setting.form, console, table.json, table.markdown) { table.text(heading: $0) }
    return Interruption.exitCode ?? .success
  }

  private static func finisher(_ arguments: Arguments, _ subject: BenchSubject) throws -> RunFinisher? {
    guard let output = arguments.text("output") else { return nil }
    return RunFinisher(
      loaded: subject.loaded, folder: try OutputFolder(output),
      names: try OutputFolder.names(for: subject.files.groups.flatMap { $0 }),
      drawsOverlays: !arguments.flag("no-overlay"), isJSON: false, isVerbose: false, statistics: nil)
  }
}
