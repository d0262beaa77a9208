import Threads

/// Looking after deadlines, and after cores that are out: the one thread that sleeps until something is due.
extension SchedulerEngine {
  /// What the watching thread does until the scheduler is closed.
  func watch() {
    lock.lock()
    while !isStopping {
      var wakes = WakeList()
      if let deadline = schedule.nextDeadline, deadline <= .now { decide(.timePassed(.now), &wakes) }
      dismissLate(&wakes)
      if !wakes.isEmpty {
        lock.unlock()
        wakes.fire()
        lock.lock()
        continue
      }
      if let due = watched.indices.first(where: { watched[$0].nextLook <= .now }) {
        look(at: due)
        continue
      }
      watchTime = nextDue
      if watchTime == Moment(nanoseconds: .max) {
        watchSignal.wait(lending: lock)
      } else {
        watchSignal.wait(lending: lock, until: watchTime)
      }
      watchTime = Moment(nanoseconds: .max)
    }
    lock.unlock()
  }

  /// When something is due next, at the end of time where nothing is; the lock is held.
  ///
  /// No list is made of what is due: with deadlines the thread comes here from job to job.
  private var nextDue: Moment {
    var due = schedule.nextDeadline ?? Moment(nanoseconds: .max)
    for core in watched { due = min(due, core.nextLook) }
    for pool in pools {
      if let deadline = pool.ledger.nextDeadline { due = min(due, deadline) }
    }
    return due
  }

  /// Asks a device whether a core works again; the lock is held before and after.
  private func look(at index: Int) {
    let core = watched[index].core
    let place = corePlaces[core]
    lock.unlock()
    let isWorking = devices[place.device].isWorking(core: place.number)
    lock.lock()
    // Only this thread takes cores off the list, so that the place is still the same.
    guard isWorking else {
      watched[index].pause = min(watched[index].pause * 2, SchedulerEngine.longestPause)
      watched[index].nextLook = .now + watched[index].pause
      return
    }
    watched.remove(at: index)
    var wakes = WakeList()
    decide(.coreRecovered(core), &wakes)
    coresChanged()
    lock.unlock()
    wakes.fire()
    lock.lock()
  }

  /// Lets no further job start, answers those that wait, and lets the threads end when theirs have ended.
  func stop() {
    lock.lock()
    isStopping = true
    var wakes = WakeList()
    for core in cores.indices {
      decide(.coreRemoved(core), &wakes)
      for lane in cores[core].idleLanes { lane.signal.wake() }
    }
    watchSignal.wake()
    lock.unlock()
    wakes.fire()
  }

  /// Takes a core out of use or back into it.
  func use(_ isUsed: Bool, core: Int) {
    lock.lock()
    var wakes = WakeList()
    if !isStopping { decide(isUsed ? .coreReturned(core) : .coreRemoved(core), &wakes) }
    coresChanged()
    lock.unlock()
    wakes.fire()
  }

  /// What was done so far and is held now.
  func statistics() -> SchedulerStatistics {
    lock.lock()
    defer { lock.unlock() }
    let states = schedule.coreStates
    return SchedulerStatistics(
      cores: cores.indices.map { index in
        var core = cores[index].statistics
        core.state = states[index]
        return core
      },
      waitingCount: schedule.waitingCount,
      runningCount: cores.indices.reduce(0) { $0 + schedule.runningCount(onCore: $1) })
  }

  /// Those of some cores that may start jobs.
  func activeCores(of some: CoreSet) -> [Int] {
    lock.lock()
    defer { lock.unlock() }
    return schedule.coreStates.indices.filter { some.contains($0) && schedule.coreStates[$0] == .active }
  }

  /// When the last job of some buffers was where.
  func timing(of slot: JobSlot) -> JobTiming {
    lock.lock()
    defer { lock.unlock() }
    return slot.times
  }
}
