import Devices
import Glibc
import Inference
import Synchronization
import Threads
import Vision

/// One `dpu live`, from the first picture to the report.
final class LivePass: Sendable {
  /// What ends a run before its source does.
  struct Limits: Sendable {
    let frames: Int?
    let duration: Duration?
  }

  /// Why a run ended, and the exit code that says so.
  private struct End {
    let words: String
    let code: ExitCode
  }

  private let loaded: LoadedModel
  private let stream: JobStream
  private let source: any FrameSource
  private let statistics: RunStatistics
  private let feed: LiveFeed
  private let recorder: LiveRecorder?
  private let limits: Limits
  private let console: Console
  private let start = Moment.now
  private let isOver = Atomic<Bool>(false)
  private let shares: Monitor<LiveShares>
  private let ending = Monitor<End?>(nil)
  // @unchecked: the three below are used by the thread that runs the pass.
  private nonisolated(unsafe) var latencies = LatencyHistogram()
  private nonisolated(unsafe) var kept: KeptResult
  private nonisolated(unsafe) var seconds = 0.0

  /// Prepares a run.
  init(
    _ loaded: LoadedModel, _ stream: JobStream, from source: any FrameSource, _ options: LiveSourceOptions,
    _ statistics: RunStatistics, record path: String?, _ limits: Limits, _ console: Console
  ) throws {
    (self.loaded, self.stream, self.source) = (loaded, stream, source)
    (self.statistics, self.limits, self.console) = (statistics, limits, console)
    shares = Monitor(LiveShares(classCount: loaded.classCount))
    kept = KeptResult(loaded)
    let feed = LiveFeed(loaded, stream, from: source, options, statistics) { failure in
      console.complain(failure.line)
    }
    self.feed = feed
    let start = start
    recorder = try path.map { path in
      try LiveRecorder(path, loaded, waits: !options.isLive, start: start) { feed.giveBack($0) }
    }
  }

  /// Runs until something ends it.
  func run() {
    let (feed, recorder) = (feed, recorder)
    var threads: [OwnThread] = []
    do {
      if let recorder { threads.append(try OwnThread { recorder.run() }) }
      threads.append(try OwnThread { feed.fill() })
      threads.append(try OwnThread { feed.capture() })
      threads.append(try OwnThread { self.watch() })
      consume()
    } catch {
      end("the system gives no thread", .deviceFailed)
    }
    feed.stop()
    stream.cancel()
    while let slot = stream.next() { slot.giveBack() }
    recorder?.finish()
    isOver.store(true, ordering: .relaxed)
    for thread in threads { thread.join() }
    seconds = (Moment.now - start).seconds
  }

  /// Takes results until there are no more.
  private func consume() {
    while let slot = stream.next() {
      defer { slot.giveBack() }
      guard let frame = feed.nextFrame() else { continue }
      if let problem = frame.problem {
        feed.note(problem, title: frame.title)
        feed.giveBack(frame)
        continue
      }
      do {
        try finish(frame, slot)
      } catch let error as InferenceError {
        feed.giveBack(frame)
        // Jobs that are let go because the run is over are no failure of their own.
        if error.code != .cancelled {
          end(error.message, error.cause.map { CommandError($0).code } ?? .deviceFailed)
        }
        return
      } catch {
        feed.giveBack(frame)
        end("\(error)", .invalidInput)
        return
      }
      if let problem = recorder?.counts.problem { end(problem.description, .invalidInput) }
      if let most = limits.frames, statistics.frameCount >= most { return end("--frames \(most) are done", .success) }
    }
  }

  /// Makes of a job's outputs what is shown and recorded.
  private func finish(_ frame: LiveFrame, _ slot: JobSlot) throws {
    try slot.checkResult()
    guard let recorder else {
      try keep(slot, of: frame.picture)
      note(frame)
      feed.giveBack(frame)
      return
    }
    let prediction = try loaded.predict(slot, for: [.picture(frame.picture)])
    let latency = note(frame)
    let pixels = shares.update { shares in
      shares.add(prediction)
      return loaded.task == .segmentation ? shares.latest.map { $0 } : nil
    }
    recorder.take(LiveRecorder.Entry(frame: frame, prediction: prediction, latency: latency, pixels: pixels))
  }

  /// Takes from a job's outputs what is shown, in memory that is used again.
  private func keep(_ slot: JobSlot, of picture: Picture) throws(VisionError) {
    try kept.take(slot)
    switch loaded.task {
    case .tensors: break
    case .classification: shares.update { $0.add(class: kept.best) }
    case .segmentation: shares.update { $0.add(kept.labels(of: picture)) }
    }
  }

  /// Notes a frame's end and how long it took.
  @discardableResult
  private func note(_ frame: LiveFrame) -> Duration {
    let now = Moment.now
    let latency = now - frame.captured
    statistics.frameEnded(latency: latency, at: now)
    latencies.add(latency)
    return latency
  }

  /// Ends the run for a reason; the first one counts.
  private func end(_ words: String, _ code: ExitCode) {
    ending.update { $0 = $0 ?? End(words: words, code: code) }
    feed.stop()
  }

  /// Shows the numbers, and ends the run when a signal or its time has come; to be called by a thread of its own.
  private func watch() {
    var screen = LiveScreen(console)
    let view = LiveView(
      source: source.title, task: loaded.task, labels: (0..<max(1, loaded.classCount)).map(loaded.label),
      palette: loaded.palette, isColoured: console.coloursOutput)
    var due = start + (screen.isInPlace && !console.isJSON ? .milliseconds(200) : .seconds(1))
    while true {
      let isLast = isOver.load(ordering: .relaxed)
      if let code = Interruption.exitCode { end("stopped by a signal", code) }
      if let duration = limits.duration, Moment.now - start >= duration {
        end("--duration is over", .success)
      }
      // A window may have become too small for drawing over lines, or large enough.
      let isInPlace = screen.isInPlace && !console.isJSON
      if !console.isQuiet, Moment.now >= due || isLast && isInPlace {
        due = .now + (isInPlace ? .milliseconds(200) : .seconds(1))
        do {
          let state = LiveView.State(
            now: statistics.snapshot, shares: shares.update { $0.copy }, unusableCount: feed.counts.unusableCount,
            recorded: recorder?.counts)
          if console.isJSON {
            try console.print(state.now.line)
          } else if isInPlace {
            try screen.show(view.lines(state, on: screen.size))
          } else {
            try screen.print(view.plainLine(state))
          }
        } catch {
          end("\(error)", .invalidInput)
        }
      }
      if isLast { return }
      usleep(20_000)
    }
  }

  /// Says what came of the run.
  ///
  /// - Returns: The exit code.
  func report(_ power: MeasuredPower) throws -> ExitCode {
    let counts = feed.counts
    let written = recorder?.counts
    var reason = ending.update { $0 }
    // What the recorder's thread met at the very end.
    if reason == nil, let problem = written?.problem { reason = End(words: problem.description, code: .invalidInput) }
    if reason == nil, let error = counts.end { reason = End(words: error.description, code: .invalidInput) }
    let isFailure = ![ExitCode.success, nil].contains(reason?.code)
    if let reason, isFailure {
      let frames = statistics.frameCount
      console.complain("\(reason.words); \(frames.grouped) frame\(frames == 1 ? " was" : "s were") done before")
    }
    let report = LiveReport(
      loaded: loaded, source: source.title, snapshot: statistics.snapshot, seconds: seconds, feed: counts,
      latencies: latencies, shares: shares.update { $0.copy }, recorded: written, recordPath: recorder?.path,
      end: reason?.words
        ?? (counts.unusableCount > 0 && statistics.frameCount == 0
          ? "no picture could be used" : "the source has no more pictures"),
      isFailure: isFailure, power: power)
    if console.isJSON {
      try console.print(report.json.line)
    } else {
      for line in report.lines { console.note(line) }
    }
    if counts.unusableCount > 0 { console.note(InputList.skipped(counts.unusableCount)) }
    if let reason, isFailure { return reason.code }
    return counts.unusableCount > 0 ? .invalidInput : .success
  }
}
