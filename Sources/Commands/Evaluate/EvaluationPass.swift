import Devices
import JSONValues
import Vision

/// One pass over a labelled set of pictures and arrays.
struct EvaluationPass {
  private let runner: FrameRunner
  private let console: Console
  // One of these counts, as the model's task says.
  private var pictures: ConfusionMatrix
  private var cases: CaseScores
  private var numbers: [RegressionErrors] = []
  private var paths: [String] = []
  private var frameCount = 0
  private var elapsed = Duration.zero
  private var results: [JSONValue] = []
  private var failures: [InputList.Failure] = []
  /// Why nothing more was scored.
  private var earlyEnd: EarlyEnd?

  init(runner: FrameRunner, console: Console) {
    self.runner = runner
    self.console = console
    let classCount = max(1, runner.loaded.classCount)
    pictures = ConfusionMatrix(classCount: classCount)
    cases = CaseScores(classCount: classCount)
  }

  /// Reports an input that can't be scored; the others go on.
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
      } catch let error as DeviceError where error.isOfTheDevice {
        bar.clear()
        fail(InputList.Failure(path: item.path, message: error.message))
        earlyEnd = .deviceFailed
        break
      }
    }
    bar.clear()
  }

  func finish(_ form: EvaluationForm, _ limits: ScoreLimits) throws -> ExitCode {
    let loaded = runner.loaded
    let labels = (0..<max(1, loaded.classCount)).map(loaded.label)
    let score: any Score =
      switch loaded.task {
      case .classification: ClassificationScore(matrix: pictures, labels: labels)
      case .segmentation: SegmentationScore(scores: cases, paths: paths, labels: labels, kind: .picture)
      case .tensors: RegressionScore(cases: numbers, paths: paths)
      }
    let report = EvaluationReport(
      loaded: loaded, score: score,
      speed: SpeedReport(isPipelined: false, frameCount: frameCount, total: elapsed, times: runner.times),
      results: results,
      failures: failures, end: EarlyEnd(after: earlyEnd),
      done: ScoreText.count(paths.count, loaded.task == .tensors ? "input" : "picture"))
    return try report.finish(form, limits, console)
  }

  private mutating func score(_ item: LabelledSet.Item) throws {
    let (files, count) = try runner.read([item.path])
    let members: [(String, JSONValue)]
    switch item.truth {
    case .label(let truth): members = try score(item, files, count, label: truth)
    case .map(let path): members = try score(item, files, count, map: path)
    case .target(let path): members = try score(item, files, count, target: path)
    }
    results.append(.record(JSONValue.Members([("path", .string(item.path))] + members)))
    paths.append(item.path)
    frameCount += count
  }

  private mutating func score(
    _ item: LabelledSet.Item, _ files: [InputFile], _ count: Int, label truth: Int
  ) throws -> [(String, JSONValue)] {
    let prediction = try runOnly(item, files, count)
    guard case .scores(let scores) = prediction else {
      preconditionFailure("the set was listed for a classification")
    }
    pictures.add(truth: truth, prediction: scores.best)
    return [
      ("truth", .string(runner.loaded.label(truth))), ("label", .string(runner.loaded.label(scores.best))),
      ("score", .number(Double(scores.probabilities[scores.best]))),
    ]
  }

  private mutating func score(
    _ item: LabelledSet.Item, _ files: [InputFile], _ count: Int, map path: String
  ) throws -> [(String, JSONValue)] {
    let prediction = try runOnly(item, files, count)
    guard case .labels(let map) = prediction else {
      preconditionFailure("the set was listed for a segmentation")
    }
    let truth = try runner.times.measure(.decode) { try LabelMap(contentsOf: path) }
    var matrix = ConfusionMatrix(classCount: pictures.classCount)
    do throws(VisionError) {
      try matrix.add(truth: truth, prediction: map)
    } catch {
      throw error.inFile(path)
    }
    let one = CaseScores.Case(slices: [matrix])
    cases.add(one)
    return [("truth", .string(path))] + SegmentationScore.members(of: one)
  }

  private mutating func score(
    _ item: LabelledSet.Item, _ files: [InputFile], _ count: Int, target path: String
  ) throws -> [(String, JSONValue)] {
    let target = try runner.times.measure(.decode) { try NumpyArray(contentsOf: path) }
    let port = runner.loaded.session.outputs[0]
    // Extents of 1, such as the batch's, may be there or not.
    let expected = ([count] + port.shape.dimensions.dropFirst()).filter { $0 != 1 }
    guard target.shape.dimensions.filter({ $0 != 1 }) == expected else {
      throw VisionError(
        .mismatch,
        "is an array of shape \(target.shape), expected \(count) times the model's output \(port.shape)", path: path)
    }
    let size = port.shape.elementCount
    var errors = RegressionErrors()
    for frame in 0..<count {
      guard case .tensors(let tensors) = try run(item, files, frame) else {
        preconditionFailure("the model was opened for its tensors")
      }
      let array = tensors[0].array
      let values = port.fixPoint.flatMap { array.element == .int8 ? array.dequantized(by: $0) : nil } ?? array.floats
      errors.add(truth: target.floats(frame * size..<(frame + 1) * size), prediction: values)
    }
    numbers.append(errors)
    return [("truth", .string(path)), ("frames", .integer(count))] + RegressionScore.members(of: errors)
  }

  /// Runs the one frame that a label or label map is for.
  private func runOnly(_ item: LabelledSet.Item, _ files: [InputFile], _ count: Int) throws -> FrameRunner.Prediction {
    guard count == 1 else {
      throw VisionError(.mismatch, "holds \(count) frames, expected one for its label", path: item.path)
    }
    return try run(item, files, 0)
  }

  private func run(_ item: LabelledSet.Item, _ files: [InputFile], _ frame: Int) throws -> FrameRunner.Prediction {
    let (prediction, lost) = try runner.run(files, paths: [item.path], frame: frame)
    if let line = lost.line { console.warn("\(item.path.printable): \(line)") }
    return prediction
  }
}
