import Devices
package import Inference
import Threads
import Vision

/// Runs the frame in memory over and over through a stream: one thread hands in, the calling one takes out.
package struct MemoryLoop {
  /// What is done with each frame.
  package enum Work: Sendable {
    /// Its inputs stay as they were filled at first; outputs are not read.
    case deviceOnly
    /// Inputs are filled and outputs are read.
    case endToEnd
  }

  let subject: BenchSubject
  let work: Work
  let inFlight: JobStream.InFlight
  let warmUp: Duration
  let duration: Duration

  /// The longest that is waited for the number of frames in flight to be found.
  static let longestSearch = Duration.seconds(10)

  /// Prepares a measurement with so many frames in flight.
  package init(
    subject: BenchSubject, work: Work, inFlight: JobStream.InFlight, warmUp: Duration, duration: Duration
  ) {
    self.subject = subject
    self.work = work
    self.inFlight = inFlight
    self.warmUp = warmUp
    self.duration = duration
  }

  /// Measures.
  ///
  /// - Returns: `nil` where a signal came before a frame was counted.
  package func run() throws -> PhaseMeasurement? {
    let start = Moment.now
    let stream = subject.opened.model.stream(inFlight: inFlight)
    let producer = Producer(subject, work, stream)
    let thread = try OwnThread { producer.run() }
    var log = FrameLog(warmUp: warmUp, duration: duration)
    var reading = StageTimes()
    var result = KeptResult(subject.loaded)
    var failure: (any Error)?
    var coresAfter: [SchedulerStatistics.Core] = []
    var frameCount = 0
    while let slot = stream.next() {
      defer { slot.giveBack() }
      guard failure == nil, coresAfter.isEmpty else { continue }
      do {
        try take(slot, &result, &reading)
        frameCount += 1
        let end = Moment.now
        let timing = slot.timing
        let time = work == .deviceOnly ? timing.coreTime ?? timing.runTime : end - timing.submitted
        subject.statistics.frameEnded(latency: time, at: end)
        let isReady = stream.isSettled || end - start >= warmUp + Self.longestSearch
        let isWanted = log.note(end: end, time: time, isReady: isReady) { subject.opened.scheduler.statistics.cores }
        guard !isWanted || Interruption.exitCode != nil else { continue }
        coresAfter = subject.opened.scheduler.statistics.cores
        producer.stop()
      } catch {
        failure = error
        producer.stop()
      }
    }
    thread.join()
    if coresAfter.isEmpty { coresAfter = subject.opened.scheduler.statistics.cores }
    if let failure = failure ?? producer.failure { throw failure }
    var times = producer.times
    times += reading
    return PhaseMeasurement(
      work == .deviceOnly ? .deviceOnly : .endToEnd, definition: definition, timeDefinition: timeDefinition, log,
      coresAfter: coresAfter, of: subject, inFlight: stream.inFlight, isInFlightFound: inFlight == .automatic,
      stages: work == .deviceOnly ? [] : times.shares(frameCount: frameCount, of: .now - start))
  }

  private func take(_ slot: JobSlot, _ result: inout KeptResult, _ reading: inout StageTimes) throws {
    do throws(InferenceError) { try slot.checkResult() } catch {
      throw DeviceError(error.cause?.code ?? .failed, error.message)
    }
    guard work == .endToEnd else { return }
    try reading.measure(.postprocess) { try result.take(slot) }
  }

  private var definition: String {
    switch work {
    case .deviceOnly:
      "from a filled buffer handed in to its outputs in the device's memory; nothing is converted, nothing is read"
    case .endToEnd:
      "from the frame in memory to the result in memory (classes in the network's size, or else the outputs' numbers): preprocess, "
        + "job, postprocess; no files"
    }
  }

  private var timeDefinition: String {
    switch work {
    case .deviceOnly:
      "one job on its core, where the device tells; else from its start to its end"
    case .endToEnd:
      "one frame from handing its filled buffer in to its result in memory: waiting in line, job, postprocess; preprocess is "
        + "not in it"
    }
  }

  /// The thread that hands frames in.
  private final class Producer: Sendable {
    private struct State {
      var isStopped = false
      var times = StageTimes()
      var failure: (any Error)?
    }

    private let subject: BenchSubject
    private let work: Work
    private let stream: JobStream
    private let state = Monitor(State())

    init(_ subject: BenchSubject, _ work: Work, _ stream: JobStream) {
      self.subject = subject
      self.work = work
      self.stream = stream
    }

    var times: StageTimes { state.update { $0.times } }
    var failure: (any Error)? { state.update { $0.failure } }

    func stop() { state.update { $0.isStopped = true } }

    func run() {
      var times = StageTimes()
      do {
        while Interruption.exitCode == nil, !state.update({ $0.isStopped }) {
          let slot = try stream.take()
          do {
            if work == .endToEnd {
              _ = try times.measure(.preprocess) {
                try subject.loaded.fill(slot, from: subject.frame, paths: subject.names, frame: 0)
              }
            }
          } catch {
            stream.skip(slot)
            throw error
          }
          stream.submit(slot)
        }
      } catch {
        state.update { $0.failure = error }
      }
      stream.finish()
      state.update { $0.times = times }
    }
  }
}

/// One frame at a time, by the calling thread alone.
package struct LatencyLoop {
  let subject: BenchSubject
  let warmUp: Duration
  let duration: Duration

  /// Prepares a measurement.
  package init(subject: BenchSubject, warmUp: Duration, duration: Duration) {
    self.subject = subject
    self.warmUp = warmUp
    self.duration = duration
  }

  /// Measures.
  ///
  /// - Returns: `nil` where a signal came before a frame was counted.
  package func run() throws -> PhaseMeasurement? {
    let begin = Moment.now
    var log = FrameLog(warmUp: warmUp, duration: duration)
    var times = StageTimes()
    var result = KeptResult(subject.loaded)
    var frameCount = 0
    var isWanted = true
    while isWanted, Interruption.exitCode == nil {
      let start = Moment.now
      let slot = try subject.opened.model.waitForSlot()
      defer { slot.giveBack() }
      _ = try times.measure(.preprocess) {
        try subject.loaded.fill(slot, from: subject.frame, paths: subject.names, frame: 0)
      }
      try slot.runAndWait()
      try times.measure(.postprocess) { try result.take(slot) }
      let end = Moment.now
      frameCount += 1
      subject.statistics.frameEnded(latency: end - start, at: end)
      isWanted = log.note(end: end, time: end - start) { subject.opened.scheduler.statistics.cores }
    }
    return PhaseMeasurement(
      .latency,
      definition: "one frame at a time: from the frame in memory to its result in memory, nothing else under way",
      timeDefinition: "the same", log, coresAfter: subject.opened.scheduler.statistics.cores, of: subject,
      inFlight: 1, isInFlightFound: false, stages: times.shares(frameCount: frameCount, of: .now - begin))
  }
}
