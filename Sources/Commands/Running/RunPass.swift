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
  private var treatments: Set<String> = []
  /// The files that were named as not usable last; one line is enough for all their frames.
  private var unusableGroup: Int?
  /// Why no further result could be written.
  private var writingFailure: VisionError?

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
  /// A file that can't be written ends the pass, and what was written before is kept and reported.
  mutating func run(_ groups: [[String]]) throws {
    let start = Moment.now
    let finisher = finisher
    let pipeline = FramePipeline(
      loaded, jobs, source: { groups.indices.contains($0) ? groups[$0] : nil },
      finish: { frame, slot, times in try finisher.finish(frame, slot, &times) })
    var bar = ProgressBar(total: groups.count, console)
    defer {
      elapsed = .now - start
      times = pipeline.times
    }
    do {
      try pipeline.run { outcome in try handle(outcome, &bar) }
    } catch let error as VisionError where error.code == .cannotWrite {
      writingFailure = error
    }
    bar.clear()
  }

  private mutating func handle(_ outcome: FramePipeline<FinishedFrame>.Outcome, _ bar: inout ProgressBar) throws {
    switch outcome {
    case .opened(let group, let paths, let treatment):
      bar.show(done: group, doing: paths[0])
      guard let treatment, treatments.insert(treatment).inserted else { return }
      bar.clear()
      console.note("\(paths[0].printable): \(treatment)")
    case .finished(let frame):
      frameCount += 1
      bar.clear()
      if let line = frame.lost.line { console.warn("\(frame.title): \(line)") }
      if let json = frame.json { results.append(json) }
      if let line = frame.line { try console.write(line.text) }
      finisher.giveBack(frame)
    case .unusable(let error, let paths, let group):
      guard unusableGroup != group else { return }
      unusableGroup = group
      bar.clear()
      fail(InputList.Failure(path: error.path ?? paths[0], message: error.message))
    case .broken(let error):
      bar.clear()
      throw error
    }
  }

  /// Prints the speed and the power, or everything as JSON.
  func finish(_ power: MeasuredPower) throws -> ExitCode {
    let speed = SpeedReport(isPipelined: true, frameCount: frameCount, total: elapsed, times: times)
    if let writingFailure { console.complain(writingFailure.description) }
    if console.isJSON {
      try console.print(json(speed, power))
    } else if frameCount > 0 {
      for line in speed.lines + [power.line(frameCount: frameCount)] { console.note(line) }
      if let folder = finisher.folder, let written = loaded.task.written {
        console.note("results in \(folder.path.printable): for each frame \(written)")
      }
    }
    if !failures.isEmpty { console.note(InputList.skipped(failures.count)) }
    let frames = "\(frameCount) frame\(frameCount == 1 ? "" : "s")"
    if writingFailure != nil {
      console.note("stopped where a result could not be written; \(frames) before it kept")
      return .invalidInput
    }
    if let code = Interruption.exitCode {
      console.complain("stopped by a signal after \(frames)")
      return code
    }
    return failures.isEmpty ? .success : .invalidInput
  }

  private func json(_ speed: SpeedReport, _ power: MeasuredPower) -> JSONValue {
    let unwritten = writingFailure.map { InputList.Failure(path: $0.path ?? "", message: $0.message) }
    return .object(
      JSONValue.Members(
        [
          ("schema", .string("dpu.run/1")), ("model", .string(loaded.path)), ("task", .string(loaded.task.rawValue)),
          ("device", loaded.device.description.json), ("card", loaded.cardJSON),
          ("rounding", .string(loaded.rounding.rawValue)),
          ("labels", .strings((0..<max(1, loaded.classCount)).map(loaded.label))),
          ("job_bytes", .integer(loaded.session.jobByteCount)),
        ] + speed.members + [
          ("power", power.json(frameCount: frameCount)), ("results", .array(results)),
          ("failures", .array((failures + [unwritten].compactMap { $0 }).map(\.json))),
        ]))
  }
}
