import Threads

/// The door: who gets buffers, and who waits for some.
extension SchedulerEngine {
  /// Adds a model's buffers.
  func add(_ pool: ModelPool, jobs: [[SessionJob]]) {
    lock.lock()
    defer { lock.unlock() }
    var numbers: [[Int]] = []
    for (home, jobs) in jobs.enumerated() {
      var own: [Int] = []
      for job in jobs {
        let number = freeNumbers.popLast() ?? slots.count
        if number == slots.count { slots.append(nil) }
        slots[number] = JobSlot(number: number, pool: pool, engine: self, job: job, home: home)
        own.append(number)
      }
      numbers.append(own)
    }
    pool.slotNumbers = numbers.flatMap { $0 }
    pool.ledger = SlotLedger(
      slots: numbers, coreCounts: pool.homes.map { schedule.activeCount(of: $0.cores) },
      patience: schedule.rules.patience)
    pools.append(pool)
  }

  /// Lets go of a model's buffers: those that are lent, when they are given back.
  func close(_ pool: ModelPool) {
    lock.lock()
    pool.isClosed = true
    pools.removeAll { $0 === pool }
    var freed: [JobSlot] = []
    for number in pool.slotNumbers {
      guard let slot = slots[number], !slot.isLent, slot.isResting.load(ordering: .acquiring) else { continue }
      freed.append(remove(slot))
    }
    lock.unlock()
    withExtendedLifetime(freed) {}  // Freed here, outside the lock.
  }

  private func remove(_ slot: JobSlot) -> JobSlot {
    slots[slot.number] = nil
    freeNumbers.append(slot.number)
    return slot
  }

  /// Takes buffers if there are some at once.
  func takeNow(from pool: ModelPool) -> JobSlot? {
    lock.lock()
    defer { lock.unlock() }
    return pool.ledger.requestNow().map(lend)
  }

  /// Waits for buffers, keeping the thread.
  ///
  /// - Parameter deadline: `nil` waits as long as it takes.
  func take(from pool: ModelPool, _ options: JobOptions) throws(InferenceError) -> JobSlot {
    lock.lock()
    defer { lock.unlock() }
    switch pool.ledger.request(options) {
    case .granted(let slot): return lend(slot)
    case .queued(let ticket):
      pool.waiters[ticket] = .thread
      while true {
        if let slot = pool.granted.removeValue(forKey: ticket) { return lend(slot) }
        if let deadline = options.deadline {
          if deadline <= .now {
            pool.waiters[ticket] = nil
            _ = pool.ledger.withdraw(ticket: ticket)
            throw doorError(pool, .deadlinePassed)
          }
          pool.door.wait(lending: lock, until: deadline)
        } else {
          pool.door.wait(lending: lock)
        }
      }
    }
  }

  /// Waits for buffers, keeping no thread.
  func take(from pool: ModelPool, _ options: JobOptions) async throws(InferenceError) -> JobSlot {
    switch ask(pool, options) {
    case .granted(let slot): return take(granted: slot)
    case .queued(let ticket):
      await withTaskCancellationHandler {
        await withUnsafeContinuation { wait(for: ticket, of: pool, until: options.deadline, $0) }
      } onCancel: {
        withdraw(ticket, from: pool)
      }
      guard let slot = fetch(ticket, from: pool) else {
        let isLate = options.deadline.map { $0 <= .now } == true
        throw doorError(pool, isLate ? .deadlinePassed : .cancelled)
      }
      return slot
    }
  }

  private func ask(_ pool: ModelPool, _ options: JobOptions) -> SlotLedger.Answer {
    lock.lock()
    defer { lock.unlock() }
    return pool.ledger.request(options)
  }

  private func take(granted number: Int) -> JobSlot {
    lock.lock()
    defer { lock.unlock() }
    return lend(number)
  }

  private func wait(
    for ticket: Int, of pool: ModelPool, until deadline: Moment?, _ continuation: UnsafeContinuation<Void, Never>
  ) {
    lock.lock()
    // Granted or withdrawn meanwhile: nobody would wake it any more.
    let isOver = pool.granted[ticket] != nil || !pool.ledger.isWaiting(ticket: ticket)
    if !isOver {
      pool.waiters[ticket] = .task(continuation)
      if let deadline, deadline < watchTime { watchSignal.wake() }
    }
    lock.unlock()
    if isOver { continuation.resume() }
  }

  /// Lets those go who have waited for buffers until their time was up; the lock is held.
  func dismissLate(_ wakes: inout WakeList) {
    for pool in pools {
      guard pool.ledger.waitingCount > 0 else { continue }
      while let ticket = pool.ledger.withdrawLate(at: .now) {
        if case .task(let continuation)? = pool.waiters.removeValue(forKey: ticket) { wakes.add(continuation) }
      }
    }
  }

  private func withdraw(_ ticket: Int, from pool: ModelPool) {
    lock.lock()
    let isWithdrawn = pool.ledger.withdraw(ticket: ticket)
    let waiter = isWithdrawn ? pool.waiters.removeValue(forKey: ticket) : nil
    lock.unlock()
    if case .task(let continuation)? = waiter { continuation.resume() }
  }

  private func fetch(_ ticket: Int, from pool: ModelPool) -> JobSlot? {
    lock.lock()
    defer { lock.unlock() }
    return pool.granted.removeValue(forKey: ticket).map(lend)
  }

  /// The lock is held.
  private func lend(_ number: Int) -> JobSlot {
    let slot = slot(number)
    slot.isLent = true
    slot.answer = nil
    slot.place = 0
    return slot
  }

  /// Takes buffers back from their owner.
  func giveBack(_ slot: JobSlot) {
    lock.lock()
    precondition(slot.isLent, "the buffers of a job are given back twice")
    slot.isLent = false
    var wakes = WakeList()
    var freed: JobSlot?
    if slot.isResting.load(ordering: .acquiring) {
      if slot.pool.isClosed { freed = remove(slot) } else { returnToPool(slot, &wakes) }
    } else {
      // Nobody reads the result.
      decide(.cancelled(job: slot.number), &wakes)
    }
    lock.unlock()
    wakes.fire()
    withExtendedLifetime(freed) {}
  }

  /// Buffers that nobody has and no core uses go to who waits; the lock is held.
  func returnToPool(_ slot: JobSlot, _ wakes: inout WakeList) {
    if slot.pool.isClosed {
      _ = remove(slot)
      return
    }
    guard let grant = slot.pool.ledger.giveBack(slot.number) else { return }
    deliver(grant, in: slot.pool, &wakes)
  }

  private func deliver(_ grant: SlotLedger.Grant, in pool: ModelPool, _ wakes: inout WakeList) {
    pool.granted[grant.ticket] = grant.slot
    switch pool.waiters.removeValue(forKey: grant.ticket) {
    // All of them look whether it is theirs.
    case .thread: pool.door.wakeAll()
    case .task(let continuation): wakes.add(continuation)
    // A task that is on its way to wait finds it.
    case nil: break
    }
  }

  private func doorError(_ pool: ModelPool, _ code: InferenceError.Code) -> InferenceError {
    switch code {
    case .deadlinePassed:
      InferenceError(code, "\(pool.path): no buffers became free in time; allow more time, or keep fewer jobs waiting")
    default: InferenceError(code, "\(pool.path): the task was cancelled while it waited for buffers")
    }
  }
}
