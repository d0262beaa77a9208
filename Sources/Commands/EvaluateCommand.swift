import Vision

/// `dpu evaluate`: scores a model on labelled pictures.
enum EvaluateCommand: Command {
  static let table = CommandTable(
    name: "evaluate", summary: "scores a model on labelled pictures: confusion matrix, accuracy, Dice",
    operands: [
      Operand("MODEL", "a compiled .xmodel file that has a card"),
      Operand("DIR", "a folder with a sub-folder per class, or one of pictures with label maps"),
    ],
    options: [
      Option(
        "labels", short: "l", takes: .text("DIR"), fallback: "DIR/labels, the pictures being in DIR/pictures",
        "the folder of the label maps"),
      Option("at-least", takes: .text("SCORE"), "ends with exit code 1 if the accuracy or mean Dice score is lower"),
    ] + LoadedModel.options,
    examples: [
      .init("evaluate bccd.xmodel cells/", "scores a classification: cells/NEUTROPHIL/1.jpg and so on"),
      .init("evaluate phantom-ct.xmodel sample", "scores a segmentation: sample/pictures against sample/labels"),
      .init("evaluate m.xmodel set --at-least 0.9 --json", "checks a score, as one JSON object"),
    ],
    notes: [
      "Classification: sub-folders are named as the card's labels; the score is the accuracy. Segmentation: a label map is "
        + "a PNG (grey or palette, the stored value is the class) or NPY file named as its picture; the score is the mean "
        + "Dice of the classes from 1 on, pooled over the set."
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let least = try threshold(arguments)
    let loaded = try LoadedModel(arguments.operands[0], arguments)
    let folder = arguments.operands[1]
    let set: LabelledSet
    switch loaded.task {
    case .classification:
      set = try LabelledSet(classesIn: folder, labels: loaded.card?.card.labels ?? [])
    case .segmentation:
      let pictures = InputList.join(folder, "pictures")
      set = try LabelledSet(
        picturesIn: InputList.isFolder(pictures) ? pictures : folder,
        mapsIn: arguments.text("labels") ?? InputList.join(folder, "labels"))
    case .tensors:
      throw CommandError(
        .invalidInput, "\(loaded.path): nothing says what the model's output means; give a card that names its task")
    }
    try loaded.announce(console)
    Interruption.watch()
    var pass = EvaluationPass(runner: try FrameRunner(loaded), console: console)
    for failure in set.failures { pass.fail(failure) }
    try pass.run(set.items)
    return try pass.finish(atLeast: least)
  }

  private static func threshold(_ arguments: Arguments) throws(CommandError) -> Double? {
    guard let text = arguments.text("at-least") else { return nil }
    guard let value = Double(text), (0...1).contains(value) else {
      throw CommandError(.usage, "evaluate: option '--at-least' needs a number from 0 to 1, not '\(text)'")
    }
    return value
  }
}

/// One pass over a labelled set.
private struct EvaluationPass {
  private let runner: FrameRunner
  private let console: Console
  private var matrix: ConfusionMatrix
  private var pictureCount = 0
  private var elapsed = Duration.zero
  private var results: [JSONValue] = []
  private var failures: [InputList.Failure] = []

  init(runner: FrameRunner, console: Console) {
    self.runner = runner
    self.console = console
    matrix = ConfusionMatrix(classCount: max(1, runner.loaded.classCount))
  }

  mutating func fail(_ failure: InputList.Failure) {
    console.complain(failure.line)
    failures.append(failure)
  }

  mutating func run(_ items: [LabelledSet.Item]) throws {
    let clock = ContinuousClock()
    let start = clock.now
    defer { elapsed = clock.now - start }
    var bar = ProgressBar(total: items.count, console)
    for (index, item) in items.enumerated() {
      if Interruption.exitCode != nil { break }
      bar.show(done: index, doing: item.path)
      do {
        try score(item)
      } catch let error as VisionError {
        bar.clear()
        fail(InputList.Failure(path: error.path ?? item.path, message: error.message))
      }
    }
    bar.clear()
  }

  func finish(atLeast least: Double?) throws -> ExitCode {
    let loaded = runner.loaded
    let score = Score(
      matrix: matrix, pictureCount: pictureCount, isSegmentation: loaded.task == .segmentation,
      labels: (0..<matrix.classCount).map(loaded.label))
    let speed = SpeedReport(isPipelined: false, frameCount: pictureCount, total: elapsed, times: runner.times)
    if console.isJSON {
      try console.print(json(score, speed))
    } else {
      for line in score.lines { try console.print(line) }
      for line in speed.lines { console.note(line) }
    }
    if let code = Interruption.exitCode {
      console.complain("stopped by a signal after \(pictureCount) picture\(pictureCount == 1 ? "" : "s")")
      return code
    }
    guard failures.isEmpty else { return .invalidInput }
    guard let least else { return .success }
    guard let value = score.headline, value >= least else {
      console.complain("the score \(score.headline.map { "\($0)" } ?? "of nothing") is below \(least)")
      return .checkFailed
    }
    return .success
  }

  private mutating func score(_ item: LabelledSet.Item) throws {
    let (files, count) = try runner.read([item.path])
    guard count == 1 else {
      throw VisionError(.mismatch, "holds \(count) frames, expected one for its label", path: item.path)
    }
    let (prediction, lost) = try runner.run(files, paths: [item.path], frame: 0)
    if let line = lost.line { console.warn("\(item.path.printable): \(line)") }
    var result: [(String, JSONValue)] = [("path", .string(item.path))]
    switch (prediction, item.truth) {
    case (.scores(let scores), .label(let truth)):
      matrix.add(truth: truth, prediction: scores.best)
      result += [
        ("truth", .string(runner.loaded.label(truth))), ("label", .string(runner.loaded.label(scores.best))),
        ("score", .number(Double(scores.probabilities[scores.best]))),
      ]
    case (.labels(let map), .map(let path)):
      let truth = try runner.times.measure(.decode) { try LabelMap(contentsOf: path) }
      do throws(VisionError) {
        try matrix.add(truth: truth, prediction: map)
      } catch {
        throw error.inFile(path)
      }
      result.append(("truth", .string(path)))
    default: preconditionFailure("the set was listed for the model's task")
    }
    results.append(.record(JSONValue.Members(result)))
    pictureCount += 1
  }

  private func json(_ score: Score, _ speed: SpeedReport) -> JSONValue {
    let loaded = runner.loaded
    return .object(
      JSONValue.Members(
        [
          ("schema", .string("dpu.evaluate/1")), ("model", .string(loaded.path)),
          ("task", .string(loaded.task.rawValue)), ("device", loaded.device.description.json),
          ("card", loaded.cardJSON), ("rounding", .string(loaded.rounding.rawValue)),
        ] + score.members + speed.members + [
          ("results", .array(results)), ("failures", .array(failures.map(\.json))),
        ]))
  }
}
