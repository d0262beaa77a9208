package import Threads

/// Who has which buffers of a model and who waits for some: the decisions, without threads.
///
/// The buffers lie in the memories of one or several devices. Who asks gets buffers where the fewest are in use for each
/// core that is at work; who waits does so in the order of `WaitingLine`.
package struct SlotLedger: Sendable {
  /// The answer to someone who asks for buffers.
  package enum Answer: Equatable, Sendable {
    case granted(slot: Int)
    /// The asker is in the line under this number.
    case queued(ticket: Int)
  }

  /// Buffers that change hands when some are given back or there may be more.
  package struct Grant: Equatable, Sendable {
    /// Whose turn it was.
    package let ticket: Int
    /// What it got.
    package let slot: Int
  }

  private struct Home {
    var free: [Int] = []
    var taken = 0
    var coreCount: Int
  }

  private var homes: [Home] = []
  private var homeOfSlot: [Int: Int] = [:]
  private var line: WaitingLine
  private var nextTicket = 0
  private var takenCount = 0

  /// Makes a ledger.
  ///
  /// - Parameters:
  ///   - slots: The numbers of the buffers by device.
  ///   - coreCounts: How many cores work on each device.
  package init(slots: [[Int]], coreCounts: [Int], patience: Int) {
    precondition(slots.count == coreCounts.count, "one number of cores for each device")
    line = WaitingLine(patience: patience)
    for (index, slots) in slots.enumerated() {
      homes.append(Home(free: slots.reversed(), coreCount: coreCounts[index]))
      for slot in slots { homeOfSlot[slot] = index }
    }
  }

  /// How many are in use.
  package var inUseCount: Int { takenCount }

  /// How many wait.
  package var waitingCount: Int { line.entries.count }

  /// Asks for buffers.
  package mutating func request(_ options: JobOptions) -> Answer {
    if line.isEmpty, let slot = takeFree() { return .granted(slot: slot) }
    nextTicket += 1
    line.append(nextTicket, options, cores: SlotLedger.anyone)
    return .queued(ticket: nextTicket)
  }

  /// Asks for buffers, if there are some at once and nobody waits.
  package mutating func requestNow() -> Int? { line.isEmpty ? takeFree() : nil }

  /// Gives buffers back.
  ///
  /// - Returns: Who gets buffers now.
  package mutating func giveBack(_ slot: Int) -> Grant? {
    guard let home = homeOfSlot[slot] else { preconditionFailure("slot \(slot) does not belong here") }
    precondition(!homes[home].free.contains(slot), "slot \(slot) is given back twice")
    homes[home].free.append(slot)
    homes[home].taken -= 1
    takenCount -= 1
    guard !line.isEmpty, let slot = takeFree() else { return nil }
    guard let entry = line.take(for: 0) else { preconditionFailure("who waits for buffers takes any") }
    return Grant(ticket: entry.number, slot: slot)
  }

  /// Whether an asker still waits.
  package func isWaiting(ticket: Int) -> Bool { line.entries.contains { $0.number == ticket } }

  /// The next moment at which an asker's time is up, `nil` where none has a limit.
  package var nextDeadline: Moment? {
    var earliest: Moment?
    for entry in line.entries {
      guard let deadline = entry.options.deadline else { continue }
      earliest = min(earliest ?? deadline, deadline)
    }
    return earliest
  }

  /// Takes out one whose time is up, `nil` if there is none.
  package mutating func withdrawLate(at now: Moment) -> Int? {
    let late = line.entries.first { entry in entry.options.deadline.map { $0 <= now } == true }
    guard let late else { return nil }
    line.remove(late.number)
    return late.number
  }

  /// Leaves the line; `false` if the asker has got buffers meanwhile, or never waited.
  package mutating func withdraw(ticket: Int) -> Bool { line.remove(ticket) }

  /// Says anew how many cores work on a device.
  package mutating func setCoreCount(_ count: Int, ofHome home: Int) { homes[home].coreCount = count }

  /// Buffers have moved to another device.
  package mutating func move(_ slot: Int, toHome home: Int) {
    guard let old = homeOfSlot[slot], old != home else { return }
    precondition(!homes[old].free.contains(slot), "slot \(slot) moves while nobody has it")
    homes[old].taken -= 1
    homes[home].taken += 1
    homeOfSlot[slot] = home
  }

  private static let anyone = CoreSet([0])

  private mutating func takeFree() -> Int? {
    var best: Int?
    for index in homes.indices where !homes[index].free.isEmpty {
      if let other = best, !isLessUsed(homes[index], than: homes[other]) { continue }
      best = index
    }
    guard let best, let slot = homes[best].free.popLast() else { return nil }
    homes[best].taken += 1
    takenCount += 1
    return slot
  }

  /// Whether fewer buffers are in use for each core; a device without cores comes last.
  private func isLessUsed(_ one: Home, than other: Home) -> Bool {
    if one.coreCount == 0 || other.coreCount == 0 { return one.coreCount > other.coreCount }
    return one.taken * other.coreCount < other.taken * one.coreCount
  }
}
