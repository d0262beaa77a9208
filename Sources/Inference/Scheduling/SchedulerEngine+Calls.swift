import Threads

/// The calls of those who have buffers and want them run.
extension SchedulerEngine {
  /// Runs a job for the calling thread, which drives the core itself when one is free.
  func runAndWait(_ slot: JobSlot, _ options: JobOptions) throws(InferenceError) {
    lock.lock()
    var wakes = WakeList()
    // A thread inside a driver's call can't answer in time: with a deadline the core's own thread runs the job.
    begin(slot, options, options.deadline == nil ? .runner : .thread, &wakes)
    while true {
      if !wakes.isEmpty {
        lock.unlock()
        wakes.fire()
        lock.lock()
        wakes = WakeList()
      }
      if let core = slot.grantedCore {
        slot.grantedCore = nil
        lock.unlock()
        let outcome = run(slot, on: core)
        lock.lock()
        decide(note(outcome, of: slot, on: core), &wakes)
      } else if slot.answer != nil {
        break
      } else {
        slot.isAsleep = true
        slot.signal.wait(lending: lock)
        slot.isAsleep = false
      }
    }
    let isCompleted = slot.answer == .completed
    lock.unlock()
    if !isCompleted { try slot.checkResult() }
  }

  /// Runs a job for a task.
  func run(_ slot: JobSlot, _ options: JobOptions) async throws(InferenceError) {
    let submission = nextSubmission(of: slot)
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        submit(slot, options, .task(continuation), submission: submission)
      }
    } onCancel: {
      cancel(slot, submission: submission)
    }
    if !isCompleted(slot) { try slot.checkResult() }
  }

  private func isCompleted(_ slot: JobSlot) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    return slot.answer == .completed
  }

  /// The number that the next submission of a job will have.
  private func nextSubmission(of slot: JobSlot) -> UInt64 {
    lock.lock()
    defer { lock.unlock() }
    return slot.submission + 1
  }

  /// Hands a job in.
  private func submit(_ slot: JobSlot, _ options: JobOptions, _ waiter: JobSlot.Waiter, submission: UInt64) {
    lock.lock()
    var wakes = WakeList()
    begin(slot, options, waiter, &wakes)
    if slot.cancelledSubmission == submission { decide(.cancelled(job: slot.number), &wakes) }
    lock.unlock()
    wakes.fire()
  }

  /// Gives up a job, if it is still the one that is meant.
  func cancel(_ slot: JobSlot, submission: UInt64) {
    lock.lock()
    var wakes = WakeList()
    slot.cancelledSubmission = submission
    if slot.submission == submission { decide(.cancelled(job: slot.number), &wakes) }
    lock.unlock()
    wakes.fire()
  }

  /// Hands a job in; the lock is held.
  func begin(
    _ slot: JobSlot, _ options: JobOptions, _ waiter: JobSlot.Waiter, _ wakes: inout WakeList
  ) {
    precondition(slot.isLent, "a job is run after its buffers were given back")
    precondition(
      slot.isResting.load(ordering: .acquiring),
      "a job is run before its last run has ended; after an early answer its buffers can only be given back")
    let now = Moment.now
    slot.isResting.store(false, ordering: .releasing)
    slot.submission += 1
    slot.waiter = waiter
    slot.answer = nil
    slot.grantedCore = nil
    slot.lastFailure = nil
    slot.times.submitted = now
    slot.times.started = now
    slot.times.ended = now
    slot.times.coreTime = nil
    slot.times.core = nil
    slot.times.attempts = 0
    let home = slot.pool.homes[slot.home]
    decide(
      .submitted(job: slot.number, Schedule.Request(options, home: home.cores, anywhere: slot.pool.anywhere)), &wakes)
    guard let deadline = options.deadline else { return }
    if deadline <= now {
      decide(.timePassed(now), &wakes)
    } else if deadline < watchTime {
      watchSignal.wake()
    }
  }

  /// What the owner of a job is to be told; the lock is free.
  func error(of slot: JobSlot) -> InferenceError? {
    lock.lock()
    defer { lock.unlock() }
    let path = slot.pool.path
    switch slot.answer {
    case .completed: return nil
    case .failed:
      guard let failure = slot.lastFailure else { preconditionFailure("a failed job has a failure") }
      let times = slot.times.attempts == 1 ? "" : " (tried \(slot.times.attempts) times)"
      return InferenceError(.deviceFailed, failure.message + times, cause: failure)
    case .deadlinePassed:
      return InferenceError(
        .deadlinePassed,
        "\(path): no result within \(milliseconds(slot)) ms; allow more time, or keep fewer jobs waiting")
    case .cancelled: return InferenceError(.cancelled, "\(path): the job was cancelled")
    case .noCoreLeft:
      if isStopping { return InferenceError(.closed, "\(path): the scheduler is closed") }
      return InferenceError(
        .noCoreLeft,
        "\(path): no core is left that runs this model: each has stopped answering or was taken out of use; they are "
          + "looked at again every \(SchedulerEngine.longestPause.components.seconds) s or sooner",
        cause: slot.lastFailure)
    case nil: return InferenceError(.skipped, "\(path): the job was not run")
    }
  }

  private func milliseconds(_ slot: JobSlot) -> Int64 {
    (Moment.now.nanoseconds - slot.times.submitted.nanoseconds) / 1_000_000
  }
}
