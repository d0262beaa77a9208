/// Who has which core and who waits for one: the decisions, without threads.
///
/// Cores are given out in the order of asking; a core that did not end its job in time is lost until it does.
package struct CoreLedger {
  /// What is known of a core.
  package enum Core: Equatable {
    case free
    case taken
    case lost
  }

  /// The answer to someone who asks for a core.
  package enum Answer: Equatable {
    /// The core is the asker's.
    case granted(core: Int)
    /// The asker is in the queue under this number.
    case queued(ticket: Int)
    /// None of the cores that would do is left.
    case noneLeft
  }

  /// What is known of each core.
  package private(set) var cores: [Core]
  private var queue: [(ticket: Int, suitable: [Int])] = []
  private var grants: [Int: Answer] = [:]
  private var nextTicket = 0

  /// Makes a ledger in which all cores are free.
  package init(coreCount: Int) { cores = [Core](repeating: .free, count: coreCount) }

  /// How many wait.
  package var queueCount: Int { queue.count }

  /// Asks for one of some cores.
  package mutating func request(among suitable: [Int]) -> Answer {
    if let core = suitable.first(where: { cores[$0] == .free }) {
      cores[core] = .taken
      return .granted(core: core)
    }
    guard suitable.contains(where: { cores[$0] != .lost }) else { return .noneLeft }
    nextTicket += 1
    queue.append((nextTicket, suitable))
    return .queued(ticket: nextTicket)
  }

  /// The answer that a waiting one got meanwhile, `nil` if there is none yet.
  package func answer(toTicket ticket: Int) -> Answer? { grants[ticket] }

  /// Takes the answer that a waiting one got meanwhile, `nil` if there is none yet.
  package mutating func collect(ticket: Int) -> Answer? { grants.removeValue(forKey: ticket) }

  /// Leaves the queue.
  ///
  /// - Returns: `false` for one who is no longer in it: the answer is there and has to be collected.
  package mutating func withdraw(ticket: Int) -> Bool {
    guard let place = queue.firstIndex(where: { $0.ticket == ticket }) else { return false }
    queue.remove(at: place)
    return true
  }

  /// Gives a core back, or takes a lost one in again.
  ///
  /// - Returns: The ticket of the one in the queue whose it is now, `nil` if nobody waited for it.
  package mutating func free(_ core: Int) -> Int? {
    precondition(cores[core] != .free, "core \(core) is given back by one who does not have it")
    guard let next = queue.firstIndex(where: { $0.suitable.contains(core) }) else {
      cores[core] = .free
      return nil
    }
    cores[core] = .taken
    let ticket = queue.remove(at: next).ticket
    grants[ticket] = .granted(core: core)
    return ticket
  }

  /// Takes a lost core to look whether it has ended meanwhile; `false` if it is not lost, or someone else looks.
  package mutating func reclaim(_ core: Int) -> Bool {
    guard cores[core] == .lost else { return false }
    cores[core] = .taken
    return true
  }

  /// Strikes a core off; who waits for lost cores only is told so.
  package mutating func lose(_ core: Int) {
    precondition(cores[core] == .taken, "core \(core) is lost by one who does not have it")
    cores[core] = .lost
    for waiting in queue where waiting.suitable.allSatisfy({ cores[$0] == .lost }) {
      grants[waiting.ticket] = .noneLeft
    }
    queue.removeAll { grants[$0.ticket] != nil }
  }
}
