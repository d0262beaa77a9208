import Devices
import Threads

/// A thread's place at a core: it runs one job at a time, and sleeps between.
final class Lane: Sendable {
  /// The scheduler's number of the core.
  let core: Int
  /// What the thread sleeps for.
  let signal = ThreadSignal()

  // @unchecked: used with the engine's lock held.
  /// The job that the thread is to run.
  nonisolated(unsafe) var slot: JobSlot?
  /// Whether the thread has to be woken.
  nonisolated(unsafe) var isAsleep = false

  init(core: Int) { self.core = core }
}

extension SchedulerEngine {
  /// What a core's thread does until the scheduler is closed.
  func serve(_ lane: Lane) {
    lock.lock()
    while let job = runNext(in: lane) {
      // Idle again first, so that this thread itself can get the next job without being woken.
      cores[lane.core].idleLanes.append(lane)
      let wakes = decide(job)
      if wakes.isEmpty { continue }
      lock.unlock()
      wakes.fire()
      lock.lock()
    }
    lock.unlock()
  }

  /// Waits for a job and runs it; `nil` when the scheduler is closed.
  ///
  /// The lock is held before and after. The buffers are let go before anyone learns that the job has ended.
  private func runNext(in lane: Lane) -> Schedule.Event? {
    while lane.slot == nil {
      if isStopping { return nil }
      lane.isAsleep = true
      lane.signal.wait(lending: lock)
      lane.isAsleep = false
    }
    guard let slot = lane.slot else { return nil }
    lane.slot = nil
    lock.unlock()
    let outcome = run(slot, on: lane.core)
    lock.lock()
    return note(outcome, of: slot, on: lane.core)
  }

  /// Runs a job on a core, with the lock free.
  func run(_ slot: JobSlot, on core: Int) -> RunOutcome {
    let started = Moment.now
    do throws(RunFailure) {
      try prepare(slot, for: core)
      do throws(DeviceError) { try slot.job.run(onCore: corePlaces[core].number) } catch {
        throw RunFailure(error: error, isOfBuffers: false)
      }
      return RunOutcome(started: started, ended: .now, coreTime: slot.job.coreTime, failure: nil)
    } catch {
      return RunOutcome(started: started, ended: .now, coreTime: nil, failure: error)
    }
  }

  /// Books how a run ended; the lock is held.
  ///
  /// - Returns: What the schedule is to be told.
  func note(_ outcome: RunOutcome, of slot: JobSlot, on core: Int) -> Schedule.Event {
    slot.times.started = outcome.started
    slot.times.ended = outcome.ended
    slot.times.coreTime = outcome.coreTime
    slot.times.core = core
    guard let failure = outcome.failure else {
      cores[core].statistics.finishCount += 1
      cores[core].statistics.busyTime += outcome.coreTime ?? outcome.ended - outcome.started
      return .finished(job: slot.number)
    }
    cores[core].statistics.failureCount += 1
    if failure.error.code == .timedOut { cores[core].statistics.timeoutCount += 1 }
    slot.lastFailure = failure.error
    return .failed(job: slot.number, failure.kind)
  }

  /// Sees to it that a job's buffers lie where the core reaches them and that no other core writes to them.
  private func prepare(_ slot: JobSlot, for core: Int) throws(RunFailure) {
    let device = corePlaces[core].device
    let home = slot.pool.home(onDevice: device)
    guard slot.home != home || slot.job.isSpent else { return }
    let fresh: SessionJob
    do throws(DeviceError) { fresh = try slot.pool.homes[home].session.makeJob() } catch {
      throw RunFailure(error: error.during("a job that failed cannot be tried again"), isOfBuffers: true)
    }
    fresh.copyInputs(from: slot.job)
    let old = slot.job
    lock.lock()
    slot.job = fresh
    if slot.home != home {
      slot.pool.ledger.move(slot.number, toHome: home)
      slot.home = home
    }
    lock.unlock()
    withExtendedLifetime(old) {}  // Freed here, outside the lock.
  }
}

/// How a run ended.
struct RunOutcome {
  let started: Moment
  let ended: Moment
  let coreTime: Duration?
  let failure: RunFailure?
}

/// Why a run ended without a result.
struct RunFailure: Error {
  let error: DeviceError
  /// Whether there were no buffers to run it with, which is no fault of the core.
  let isOfBuffers: Bool

  /// Whose failure it was.
  var kind: Schedule.Failure {
    if isOfBuffers { return .buffers }
    switch error.code {
    case .timedOut, .unavailable: return .core
    case .unsupported, .invalidModel, .wrongCore, .outOfMemory, .busy, .failed: return .job
    }
  }
}
