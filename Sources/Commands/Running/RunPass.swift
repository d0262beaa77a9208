import Inference
import JSONValues
import Threads
import Vision

/// One pass over the inputs of `dpu run`: what comes out of the pipeline is printed in order and added up.
struct RunPass {
  private let finisher: RunFinisher
  private let jobs: JobStream
  private let console: Console
  private var loaded: LoadedModel { finisher.loaded }
  private var times = StageTimes()
  private var frameCount = 0
  private var elapsed = Duration.zero
  private var results: [JSONValue] = []
  private var failures: [InputList.Failure] = []
  private var failedFrames: [InputList.Failure] = []
  private var unwritten: [InputList.Failure] = []
  private var treatments: Set<String> = []
  /// The files that were named as not usable last; one line is enough for all their frames.
  private var unusableGroup: Int?
  /// Why nothing more was begun.
  private var earlyEnd: EarlyEnd?

  /// Prepares a pass.
  init(_ finisher: RunFinisher, _ jobs: JobStream, _ console: Console) {
    self.finisher = finisher
    self.jobs = jobs
    self.console = console
  }

  /// Reports an input that can't be used; the others go on.
  mutating func fail(_ failure: InputList.Failure) {
    console.complain(failure.line)
    failures.append(failure)
  }

  /// Runs all groups of files.
  ///
  /// A result that can't be written ends the pass, and so does the loss of the last core. What is under way by then still
  /// comes out, so that every file that was written is reported.
  mutating func run(_ groups: [[String]]) throws {
    let start = Moment.now
    let finisher = finisher
    let pipeline = FramePipeline(
      loaded, jobs, source: { groups.indices.contains($0) ? groups[$0] : nil },
      fail: { frame, error in RunFrame(frame, after: error) },
      finish: { frame, slot, times in .finished(try finisher.finish(frame, slot, &times)) })
    var bar = ProgressBar(total: groups.count, console)
    defer {
      elapsed = .now - start
      times = pipeline.times
    }
    try pipeline.run { outcome in
      try handle(outcome, &bar)
      if earlyEnd != nil { pipeline.end() }
    }
    bar.clear()
  }

  private mutating func handle(_ outcome: FramePipeline<RunFrame>.Outcome, _ bar: inout ProgressBar) throws {
    switch outcome {
    case .opened(let group, let paths, let treatment):
      bar.show(done: group, doing: paths[0])
      guard let treatment, treatments.insert(treatment).inserted else { return }
      bar.clear()
      console.note("\(paths[0].printable): \(treatment)")
    case .finished(.finished(let frame)):
      frameCount += 1
      bar.clear()
      if let line = frame.lost.line { console.warn("\(frame.title): \(line)") }
      if let json = frame.json { results.append(json) }
      if let line = frame.line { try console.write(line.text) }
      finisher.giveBack(frame)
    case .finished(.failed(let failure, let isCoreLeft)):
      // One frame shows that no core is left; those under way behind it were not run either.
      if !isCoreLeft, case .noCoreLeft = earlyEnd { return }
      if !isCoreLeft { earlyEnd = earlyEnd ?? .noCoreLeft }
      bar.clear()
      console.complain(failure.line)
      failedFrames.append(failure)
    case .unusable(let error, let paths, let group):
      guard unusableGroup != group else { return }
      unusableGroup = group
      bar.clear()
      fail(InputList.Failure(path: error.path ?? paths[0], message: error.message))
    case .broken(let error):
      bar.clear()
      guard let error = error as? VisionError, error.code == .cannotWrite else { throw error }
      earlyEnd = earlyEnd ?? .unwritable
      let failure = InputList.Failure(path: error.path ?? finisher.folder?.path ?? "", message: error.message)
      // One line is enough for all that were under way, which a full disk can't take either.
      if unwritten.isEmpty { console.complain(failure.line) }
      unwritten.append(failure)
    }
  }

  /// Prints the speed and the power, or everything as JSON.
  func finish(_ power: MeasuredPower) throws -> ExitCode {
    let speed = SpeedReport(isPipelined: true, frameCount: frameCount, total: elapsed, times: times)
    let end = EarlyEnd(after: earlyEnd)
    if console.isJSON {
      try console.print(json(speed, power, end))
    } else if frameCount > 0 {
      for line in speed.lines + [power.line(frameCount: frameCount)] { console.note(line) }
      if let folder = finisher.folder, let written = loaded.task.written {
        console.note("results in \(folder.path.printable): for each frame \(written)")
      }
    }
    if !failures.isEmpty { console.note(InputList.skipped(failures.count)) }
    if unwritten.count > 1 {
      console.note("\(ScoreText.count(unwritten.count, "frame")) could not be written, the first one named above")
    }
    if !failedFrames.isEmpty {
      console.complain(
        "\(ScoreText.count(failedFrames.count, "frame")) failed on the device, named above; run them again, and look at a "
          + "board with 'dpu doctor' and 'dpu selftest'")
    }
    end?.tell(console, done: ScoreText.count(frameCount, "frame"))
    if case .signal(let code) = end { return code }
    if !failedFrames.isEmpty { return .deviceFailed }
    return end?.exitCode ?? (failures.isEmpty ? .success : .invalidInput)
  }

  private func json(_ speed: SpeedReport, _ power: MeasuredPower, _ end: EarlyEnd?) -> JSONValue {
    .object(
      JSONValue.Members(
        [
          ("schema", .string("dpu.run/1")), ("model", .string(loaded.path)), ("task", .string(loaded.task.rawValue)),
          ("device", loaded.device.description.json), ("card", loaded.cardJSON),
          ("rounding", .string(loaded.rounding.rawValue)),
          ("labels", .strings((0..<max(1, loaded.classCount)).map(loaded.label))),
          ("job_bytes", .integer(loaded.session.jobByteCount)),
        ] + speed.members + [
          ("power", power.json(frameCount: frameCount)), ("results", .array(results)),
          ("failures", .array((failures + failedFrames + unwritten).map(\.json))),
          ("incomplete", .optional(end) { .string($0.words) }),
        ]))
  }
}
