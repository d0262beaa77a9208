import Devices
import Inference
import Threads
import Vision

/// Everything from files to results, side by side: several threads read and fill, the cores run, several threads finish.
///
/// What has its turn is decided when buffers are taken, group after group; filling, running and finishing overlap. The
/// results come out in the order of the files. Nothing is unbounded: a reader holds one group of files, a frame one of
/// the stream's buffers, and results that are ahead of their turn wait in a few places.
final class FramePipeline<Finished: Sendable>: Sendable {
  /// What comes out, in order.
  enum Outcome: Sendable {
    /// Files were read; how their arrays are taken.
    case opened(group: Int, paths: [String], treatment: String?)
    /// A frame is done.
    case finished(Finished)
    /// Some files, or a frame of them, can't be used; the others go on.
    case unusable(VisionError, paths: [String], group: Int)
    /// Nothing more can be run.
    case broken(any Error)
  }

  /// Makes something of a frame's outputs, on any of several threads; it gives the buffers back.
  typealias Finish = @Sendable (PipelineFrame, JobSlot, inout StageTimes) throws -> Finished

  /// Makes something of a frame whose job failed; `nil` where nothing more can be run.
  typealias Fail = @Sendable (PipelineFrame, InferenceError) -> Finished?

  private enum Item: Sendable {
    case opened(group: Int, paths: [String], treatment: String?)
    case frame(PipelineFrame)
    case unusable(VisionError, paths: [String], group: Int)
    case broken(any Error)
  }

  private struct Progress {
    /// The group that the next reader takes.
    var nextGroup = 0
    /// The group that may take buffers.
    var turn = 0
    var readerCount: Int
    var finisherCount: Int
    var isStopped = false
    var times = StageTimes()
  }

  private let loaded: LoadedModel
  private let source: @Sendable (Int) -> [String]?
  private let stream: JobStream
  private let finish: Finish
  private let fail: Fail
  private let items: BoundedQueue<Item>
  private let outcomes: OrderedHandover<Outcome>
  private let progress: Monitor<Progress>
  private let memory = PipelineMemory()
  /// The number of the next item; whoever has it in hand takes the item and the job that belongs to it.
  private let nextNumber = Monitor(0)

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - source: Gives the files of each run by its number, one for each input of the model; `nil` at the end.
  ///   - workerCount: So many threads read, and so many finish.
  ///   - fail: Tells what a job's failure is the end of: of its frame, or as by default of everything.
  init(
    _ loaded: LoadedModel, _ stream: JobStream, workerCount: Int = FrameWorkers.count,
    source: @escaping @Sendable (Int) -> [String]?, fail: @escaping Fail = { _, _ in nil }, finish: @escaping Finish
  ) {
    self.loaded = loaded
    self.source = source
    self.stream = stream
    self.finish = finish
    self.fail = fail
    items = BoundedQueue(capacity: 64)
    outcomes = OrderedHandover(capacity: 4 * workerCount)
    progress = Monitor(Progress(readerCount: workerCount, finisherCount: workerCount))
  }

  /// Runs everything and hands out what comes of it, in order, on the calling thread.
  ///
  /// - Throws: What the closure throws; then nothing more is begun.
  func run(_ handle: (Outcome) throws -> Void) throws {
    let workerCount = progress.update { $0.readerCount }
    var threads: [OwnThread] = []
    defer {
      // Where the caller gave up, nobody may wait for anybody: a reader may want the buffers of results that nobody takes.
      stop()
      nextNumber.update { _ in
        while let slot = stream.next() { slot.giveBack() }
      }
      for thread in threads { thread.join() }
    }
    for _ in 0..<workerCount { threads.append(try OwnThread { self.read() }) }
    for _ in 0..<workerCount { threads.append(try OwnThread { self.finishFrames() }) }
    while let outcome = outcomes.take() { try handle(outcome) }
  }

  /// Begins nothing more; what is under way still comes out.
  func end() { progress.update { $0.isStopped = true } }

  /// The time of each stage so far, complete when the run is over.
  var times: StageTimes { progress.update { $0.times } }

  private func stop() {
    progress.update { $0.isStopped = true }
    stream.cancel()
    items.close(dropping: true)
    outcomes.close()
  }
}

/// Reading and filling.
extension FramePipeline {
  private func read() {
    FrameWorkers.yieldToDevice()
    let reader = FileReader()
    var times = StageTimes()
    while let group = claimGroup() {
      let content = Result {
        try times.measure(.decode) { try loaded.read(group.paths, into: &group.files, reader) }
      }
      _ = progress.wait { $0.turn == group.number ? () : nil }
      let only = isOver ? nil : enter(group, frameCount: content, &times)
      progress.update { $0.turn += 1 }
      // The only frame of a file is filled beside those of the next files.
      if let (frame, slot) = only { fill(frame, slot, &times) }
      memory.giveBack(group)
    }
    let isLast = progress.update { progress in
      progress.times += times
      progress.readerCount -= 1
      return progress.readerCount == 0
    }
    guard isLast else { return }
    stream.finish()
    items.close()
  }

  private var isOver: Bool { Interruption.exitCode != nil || progress.update { $0.isStopped } }

  private func claimGroup() -> FileGroup? {
    if Interruption.exitCode != nil { return nil }
    return progress.update { progress in
      guard !progress.isStopped, let paths = source(progress.nextGroup) else { return nil }
      defer { progress.nextGroup += 1 }
      return memory.group(paths, number: progress.nextGroup)
    }
  }

  /// Gives a group's frames their places.
  ///
  /// - Returns: The frame that is still to be filled, where there is only one.
  private func enter(
    _ group: FileGroup, frameCount: Result<Int, any Error>, _ times: inout StageTimes
  ) -> (PipelineFrame, JobSlot)? {
    let (paths, number) = (group.paths, group.number)
    do {
      let count = try frameCount.get()
      let treatment = loaded.feeders.first?.treatment(of: group.files[0])
      _ = items.put(.opened(group: number, paths: paths, treatment: treatment))
      for index in 0..<count {
        if isOver { break }
        let frame = memory.frame(of: group, number: count == 1 ? nil : index)
        let slot = try stream.take()
        guard items.put(.frame(frame)) else {
          stream.skip(slot)
          break
        }
        if count == 1 { return (frame, slot) }
        // The frames of a file that can't be used are let pass.
        guard fill(frame, slot, &times) else { break }
      }
    } catch let error as VisionError {
      _ = items.put(.unusable(error, paths: paths, group: number))
    } catch {
      _ = items.put(.broken(error))
    }
    return nil
  }

  /// Fills a frame's inputs and hands the job in.
  ///
  /// - Returns: Whether it can be run.
  @discardableResult
  private func fill(_ frame: PipelineFrame, _ slot: JobSlot, _ times: inout StageTimes) -> Bool {
    let filling = Result {
      try times.measure(.preprocess) {
        try loaded.fill(slot, from: frame.files, paths: frame.paths, frame: frame.number ?? 0)
      }
    }
    frame.filling = filling
    guard case .success = filling else {
      stream.skip(slot)
      return false
    }
    stream.submit(slot)
    return true
  }
}

/// Finishing.
extension FramePipeline {
  private func finishFrames() {
    FrameWorkers.yieldToDevice()
    var times = StageTimes()
    while let (number, item, slot) = claimItem() {
      guard outcomes.put(outcome(of: item, slot, &times), number: number) else { break }
    }
    let isLast = progress.update { progress in
      progress.times += times
      progress.finisherCount -= 1
      return progress.finisherCount == 0
    }
    if isLast { outcomes.close() }
  }

  private func claimItem() -> (Int, Item, JobSlot?)? {
    nextNumber.update { number in
      guard let item = items.take() else { return nil }
      var slot: JobSlot?
      if case .frame = item {
        slot = stream.next()
        precondition(slot != nil, "a frame has its place in the stream")
      }
      defer { number += 1 }
      return (number, item, slot)
    }
  }

  private func outcome(of item: Item, _ slot: JobSlot?, _ times: inout StageTimes) -> Outcome {
    switch item {
    case .opened(let group, let paths, let treatment): return .opened(group: group, paths: paths, treatment: treatment)
    case .unusable(let error, let paths, let group): return .unusable(error, paths: paths, group: group)
    case .broken(let error): return .broken(error)
    case .frame(let frame):
      guard let slot else { preconditionFailure("a frame has its buffers") }
      defer { memory.giveBack(frame) }
      do {
        return .finished(try finished(frame, slot, &times))
      } catch let error as VisionError where error.code != .cannotWrite {
        return .unusable(error, paths: frame.paths, group: frame.group.number)
      } catch {
        return .broken(error)
      }
    }
  }

  private func finished(_ frame: PipelineFrame, _ slot: JobSlot, _ times: inout StageTimes) throws -> Finished {
    do { _ = try frame.filling?.get() } catch {
      slot.giveBack()
      throw error
    }
    do throws(InferenceError) { try slot.checkResult() } catch {
      slot.giveBack()
      if let failed = fail(frame, error) { return failed }
      throw DeviceError(error.cause?.code ?? .failed, error.message)
    }
    times.add(slot.timing.runTime, to: .device)
    return try finish(frame, slot, &times)
  }
}
