import Inference
import Threads
import Vision

/// Runs files over and over through the pipeline of `dpu run`, from opening them to results.
struct FileLoop {
  let subject: BenchSubject
  /// The files of each run.
  let groups: [[String]]
  /// Makes and writes results, `nil` to leave them in memory.
  let finisher: RunFinisher?
  let warmUp: Duration
  let duration: Duration

  /// Measures.
  ///
  /// - Returns: `nil` where a signal came before a frame was counted.
  func run() throws -> PhaseMeasurement? {
    let start = Moment.now
    let stream = subject.opened.stream()
    let isOver = Monitor(false)
    let loaded = subject.loaded
    let results = KeptResults(loaded)
    let pipeline = FramePipeline<Duration>(
      loaded, stream, source: { [groups] index in isOver.update { $0 } ? nil : groups[index % groups.count] },
      finish: { [finisher] frame, slot, times in
        let submitted = slot.timing.submitted
        if let finisher {
          finisher.giveBack(try finisher.finish(frame, slot, &times))
        } else {
          defer { slot.giveBack() }
          try times.measure(.postprocess) { try results.take(slot, of: frame.files[0]) }
        }
        return .now - submitted
      })
    var log = FrameLog(warmUp: warmUp, duration: duration)
    var coresAfter: [SchedulerStatistics.Core] = []
    var frameCount = 0
    try pipeline.run { outcome in
      switch outcome {
      case .opened: break
      case .unusable(let error, let paths, _): throw error.inFile(paths[0])
      case .broken(let error): throw error
      case .finished(let time):
        frameCount += 1
        subject.statistics.frameEnded(latency: time)
        guard coresAfter.isEmpty else { return }
        let isReady = stream.isSettled || .now - start >= warmUp + MemoryLoop.longestSearch
        let isWanted = log.note(end: .now, time: time, isReady: isReady) {
          subject.opened.scheduler.statistics.cores
        }
        guard !isWanted || Interruption.exitCode != nil else { return }
        coresAfter = subject.opened.scheduler.statistics.cores
        isOver.update { $0 = true }
      }
    }
    if coresAfter.isEmpty { coresAfter = subject.opened.scheduler.statistics.cores }
    return PhaseMeasurement(
      .endToEnd, definition: definition,
      timeDefinition: timeDefinition, log,
      coresAfter: coresAfter, of: subject, inFlight: stream.inFlight,
      isInFlightFound: subject.opened.inFlight == .automatic,
      stages: pipeline.times.shares(frameCount: frameCount, of: .now - start))
  }

  private var timeDefinition: String {
    "one frame from handing its filled buffer in to its result \(finisher == nil ? "in memory" : "written"): waiting in line, job, "
      + "postprocess\(finisher == nil ? "" : ", write"); decode and preprocess are not in it"
  }

  private var definition: String {
    let files = groups.joined().count
    let what = "\(files) file\(files == 1 ? "" : "s"), over and over"
    guard let folder = finisher?.folder else {
      return "from opening a file to its result in memory; nothing is written; \(what)"
    }
    return "from opening a file to its results written in \(folder.path.printable); \(what)"
  }
}
