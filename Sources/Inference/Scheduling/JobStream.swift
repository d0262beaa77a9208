import Threads

/// A bounded stream of jobs whose results come in the order in which their buffers were taken.
///
/// One or several producers take buffers, fill them and hand them in; one consumer gets them back in order, reads them
/// and gives them back to the pool. A producer waits while as many jobs are under way as the stream allows. A stream that
/// is given up is cancelled, and its consumer takes what still comes out.
package final class JobStream: Sendable {
  /// How many jobs are under way at a time, from taking their buffers to giving their results.
  package enum InFlight: Equatable, Sendable {
    /// So many.
    case fixed(Int)
    /// As few as give the best rate, found while the stream runs.
    case automatic
  }

  // Must stay the first: properties end in the order in which they stand, and the last holder of a model ends its
  // scheduler, which joins the threads of all cores. So none of them has to do with the signals any more when these go.
  private let model: ScheduledModel
  private var engine: SchedulerEngine { model.engine }
  private let producerSignal = ThreadSignal()
  private let consumerSignal = ThreadSignal()

  // @unchecked: everything below is used with the engine's lock held.
  private nonisolated(unsafe) var order: ResultOrder
  private nonisolated(unsafe) var limit: Int
  private nonisolated(unsafe) var controller: InFlightController?
  /// Producers that were let in and are waiting for buffers.
  private nonisolated(unsafe) var reservedCount = 0
  /// Producers that are threads and sleep, and how many of them have been told to go on.
  private nonisolated(unsafe) var waitingThreadCount = 0
  private nonisolated(unsafe) var toldThreadCount = 0
  /// Whether the producer that was told last is a thread.
  private nonisolated(unsafe) var wasThreadTold = false
  /// Producers that are tasks and sleep.
  private nonisolated(unsafe) var waitingProducers: [UnsafeContinuation<Void, Never>] = []
  private nonisolated(unsafe) var waitingConsumer: UnsafeContinuation<Void, Never>?
  /// The submitted jobs by place.
  private nonisolated(unsafe) var submitted: [JobSlot?]
  private nonisolated(unsafe) var isFinished = false
  private nonisolated(unsafe) var isCancelled = false

  init(_ model: ScheduledModel, _ inFlight: InFlight) {
    self.model = model
    order = ResultOrder(capacity: model.slotCount)
    submitted = [JobSlot?](repeating: nil, count: model.slotCount)
    switch inFlight {
    case .fixed(let number): limit = max(1, min(number, model.slotCount))
    case .automatic:
      controller = InFlightController(rules: .init(most: model.slotCount))
      limit = 1
    }
  }

  /// What the cores have done so far, for this stream and for others of its scheduler.
  package var statistics: SchedulerStatistics { engine.statistics() }

  /// How many jobs may be under way now.
  package var inFlight: Int { locked { limit } }

  /// What was tried to find the number of jobs under way, in order; empty where it is fixed.
  package var steps: [InFlightController.Step] { locked { controller?.steps ?? [] } }

  /// Whether the number of jobs under way is fixed or found.
  package var isSettled: Bool { locked { controller?.isSettled ?? true } }

  /// Waits until a further job may be under way and takes its buffers; its result comes after those taken before.
  ///
  /// - Throws: `.cancelled` when the stream was cancelled; `.deadlinePassed`.
  package func take(_ options: JobOptions = JobOptions()) throws(InferenceError) -> JobSlot {
    engine.lock.lock()
    while !mayReserve() { sleepUntilTold() }
    reservedCount += 1
    engine.lock.unlock()
    let slot: JobSlot
    do throws(InferenceError) { slot = try model.waitForSlot(options) } catch {
      releaseReservation()
      throw error
    }
    return try enter(slot)
  }

  /// The same without keeping a thread; a cancelled task cancels the stream.
  package func take(_ options: JobOptions = JobOptions()) async throws(InferenceError) -> JobSlot {
    await withTaskCancellationHandler {
      while !reserve() { await withUnsafeContinuation { waitForPlace($0) } }
    } onCancel: {
      cancel()
    }
    let slot: JobSlot
    do throws(InferenceError) { slot = try await model.slot(options) } catch {
      releaseReservation()
      throw error
    }
    return try enter(slot)
  }

  /// Hands a filled job in; its buffers belong to the stream until they come out.
  package func submit(_ slot: JobSlot, _ options: JobOptions = JobOptions()) {
    update { wakes in
      if isCancelled {
        slot.answer = .cancelled
        makeReady(slot.place, &wakes)
      } else {
        submitted[slot.place] = slot
        engine.begin(slot, options, .stream(self, place: slot.place), &wakes)
      }
    }
  }

  /// Hands a job in that is not to run: its turn comes, and its result is an error.
  package func skip(_ slot: JobSlot) { update { makeReady(slot.place, &$0) } }

  /// Says that no further jobs will be taken.
  package func finish() {
    update { wakes in
      isFinished = true
      wakeConsumer(&wakes)
    }
  }

  /// Gives up all jobs that have no result yet; each comes out with an error.
  package func cancel() {
    update { wakes in
      guard !isCancelled else { return }
      isCancelled = true
      isFinished = true
      for slot in submitted {
        if let slot { engine.decide(.cancelled(job: slot.number), &wakes) }
      }
      producerSignal.wakeAll()
      for producer in waitingProducers { wakes.add(producer) }
      waitingProducers.removeAll()
      wakeConsumer(&wakes)
    }
  }

  /// Waits for the next job in order; keeps the calling thread.
  ///
  /// - Returns: The buffers, to be given back; `checkResult` tells whether it succeeded. `nil` after the last one.
  package func next() -> JobSlot? {
    engine.lock.lock()
    while true {
      var wakes = WakeList()
      if let slot = takeResult(&wakes) {
        engine.lock.unlock()
        wakes.fire()
        return slot
      }
      if isOver {
        engine.lock.unlock()
        return nil
      }
      consumerSignal.wait(lending: engine.lock)
    }
  }

  /// The same without keeping a thread; a cancelled task cancels the stream.
  package func next() async -> JobSlot? {
    await withTaskCancellationHandler {
      while true {
        var result: JobSlot?
        let isDone = update { wakes in
          result = takeResult(&wakes)
          return result != nil || isOver
        }
        if isDone { return result }
        await withUnsafeContinuation { waitForResult($0) }
      }
    } onCancel: {
      cancel()
    }
  }

  /// Takes note of an answer; the lock is held.
  func jobAnswered(_ place: Int, _ wakes: inout WakeList) {
    submitted[place] = nil
    makeReady(place, &wakes)
    guard controller?.jobEnded(at: .now) == true, let number = controller?.inFlight else { return }
    let more = number - limit
    limit = number
    for _ in 0..<max(0, more) { wakeProducer(&wakes) }
  }
}

extension JobStream {
  private func locked<R>(_ body: () -> R) -> R {
    engine.lock.lock()
    defer { engine.lock.unlock() }
    return body()
  }

  private func update<R>(_ body: (inout WakeList) -> R) -> R {
    engine.lock.lock()
    var wakes = WakeList()
    let result = body(&wakes)
    engine.lock.unlock()
    wakes.fire()
    return result
  }

  /// Whether a producer need not wait; the lock is held.
  private func mayReserve() -> Bool { isCancelled || order.takenCount + reservedCount < limit }

  private func reserve() -> Bool {
    locked {
      guard mayReserve() else { return false }
      reservedCount += 1
      return true
    }
  }

  private func waitForPlace(_ continuation: UnsafeContinuation<Void, Never>) {
    let isFree = locked {
      if mayReserve() { return true }
      waitingProducers.append(continuation)
      return false
    }
    if isFree { continuation.resume() }
  }

  private func waitForResult(_ continuation: UnsafeContinuation<Void, Never>) {
    let isReady = locked {
      if order.isNextReady || isOver { return true }
      precondition(waitingConsumer == nil, "a stream of jobs has one consumer")
      waitingConsumer = continuation
      return false
    }
    if isReady { continuation.resume() }
  }

  private func releaseReservation() {
    update { wakes in
      reservedCount -= 1
      wakeProducer(&wakes)
      wakeConsumer(&wakes)
    }
  }

  /// Gives buffers their place in the order.
  private func enter(_ slot: JobSlot) throws(InferenceError) -> JobSlot {
    let isRefused = locked {
      reservedCount -= 1
      guard !isCancelled else { return true }
      slot.place = order.take(for: slot.number)
      return false
    }
    guard !isRefused else {
      slot.giveBack()
      update { wakeConsumer(&$0) }
      throw InferenceError(.cancelled, "the stream of jobs was cancelled")
    }
    return slot
  }

  /// Whether nothing more will come; the lock is held.
  private var isOver: Bool { isFinished && order.takenCount == 0 && reservedCount == 0 }

  private func takeResult(_ wakes: inout WakeList) -> JobSlot? {
    guard let number = order.next() else { return nil }
    wakeProducer(&wakes)
    return engine.slot(number)
  }

  private func makeReady(_ place: Int, _ wakes: inout WakeList) {
    order.makeReady(place)
    if order.isNextReady { wakeConsumer(&wakes) }
  }

  private func wakeConsumer(_ wakes: inout WakeList) {
    wakes.add(consumerSignal)
    guard let waiting = waitingConsumer else { return }
    waitingConsumer = nil
    wakes.add(waiting)
  }

  /// Tells one who waits for a place that there is one: threads and tasks by turns where both wait.
  private func wakeProducer(_ wakes: inout WakeList) {
    if waitingThreadCount > toldThreadCount, waitingProducers.isEmpty || !wasThreadTold {
      toldThreadCount += 1
      wasThreadTold = true
      wakes.add(producerSignal)
    } else if !waitingProducers.isEmpty {
      wasThreadTold = false
      wakes.add(waitingProducers.removeFirst())
    }
  }

  /// Lets a thread sleep until it is told that there may be a place; the lock is held.
  private func sleepUntilTold() {
    waitingThreadCount += 1
    while toldThreadCount == 0, !isCancelled { producerSignal.wait(lending: engine.lock) }
    waitingThreadCount -= 1
    toldThreadCount = max(0, toldThreadCount - 1)
  }
}
