import Threads

/// The cores of a port among jobs on several threads.
///
/// Who asks for a core brings the command to be started on it. While all are at work it waits, and whoever sees a core's
/// job end starts the next one's command at once, before the thread that waits has even been woken: a core stands still
/// for one waking, not for two.
final class CorePool: Sendable {
  /// A job that a core is at work on.
  struct Run {
    let core: Int
    /// Just before the start.
    let started: Moment
  }

  private struct State {
    var ledger: CoreLedger
    /// What those in the queue want to be started, by ticket.
    var commands: [Int: StartCommand] = [:]
    /// How the starts on behalf of those who waited came out, by ticket.
    var starts: [Int: Result<Run, DeviceError>] = [:]
    /// What a lost core may still write to, kept until it has ended.
    var held: [Int: [any DeviceBuffer]] = [:]
  }

  private enum Outcome {
    case begun(Result<Run, DeviceError>)
    case noneLeft
  }

  private let port: any Port
  private let state: Monitor<State>

  init(_ port: any Port) {
    self.port = port
    state = Monitor(State(ledger: CoreLedger(coreCount: port.coreCount)))
  }

  /// The number of lost cores.
  var lostCount: Int { state.updateQuietly { state in state.ledger.cores.count { $0 == .lost } } }

  /// Starts a command on one of some cores, in the order of asking.
  ///
  /// - Throws: `.busy` when the time is up, `.unavailable` if all of them are lost, or what the start throws.
  func start(_ command: StartCommand, among suitable: [Int], timeLimit: Duration) throws(DeviceError) -> Run {
    regain(among: suitable)
    let answer = state.updateQuietly { state in
      let answer = state.ledger.request(among: suitable)
      if case .queued(let ticket) = answer { state.commands[ticket] = command }
      return answer
    }
    switch answer {
    case .granted(let core): return try begin(command, onCore: core).get()
    case .noneLeft: throw noneLeft(of: suitable)
    case .queued(let ticket):
      switch try outcome(forTicket: ticket, among: suitable, timeLimit: timeLimit) {
      case .begun(let start): return try start.get()
      case .noneLeft: throw noneLeft(of: suitable)
      }
    }
  }

  private func outcome(
    forTicket ticket: Int, among suitable: [Int], timeLimit: Duration
  ) throws(DeviceError) -> Outcome {
    if let outcome = state.wait(timeLimit: timeLimit, until: { CorePool.collect(ticket, &$0) }) { return outcome }
    let others: Int? = state.updateQuietly { state in
      guard state.ledger.withdraw(ticket: ticket) else { return nil }
      state.commands[ticket] = nil
      return state.ledger.queueCount
    }
    // Someone is starting it right now, or has just struck the last core off.
    guard let others else {
      return state.wait { CorePool.collect(ticket, &$0) } ?? .noneLeft
    }
    throw DeviceError(
      .busy,
      "no core became free within \(seconds(timeLimit)): \(amount(suitable.count, "core")) "
        + "\(suitable.count == 1 ? "fits" : "fit") the program, \(amount(others, "other job")) "
        + "\(others == 1 ? "waits" : "wait"); run fewer jobs at a time, or wait longer")
  }

  private static func collect(_ ticket: Int, _ state: inout State) -> Outcome? {
    switch state.ledger.answer(toTicket: ticket) {
    case .granted:
      guard let start = state.starts.removeValue(forKey: ticket) else { return nil }
      _ = state.ledger.collect(ticket: ticket)
      return .begun(start)
    case .noneLeft:
      _ = state.ledger.collect(ticket: ticket)
      state.commands[ticket] = nil
      return .noneLeft
    case nil, .queued: return nil
    }
  }

  private func noneLeft(of suitable: [Int]) -> DeviceError {
    DeviceError(
      .unavailable,
      "no core is left: \(suitable.count == 1 ? "the only one" : "each of the \(suitable.count)") that fits the "
        + "program did not end an earlier job; \(port.remedyForLostCore)")
  }

  /// Starts a command on a core that is its own; a core that refuses goes to the next or is lost.
  private func begin(_ command: StartCommand, onCore core: Int) -> Result<Run, DeviceError> {
    let started = Moment.now
    do throws(DeviceError) {
      try port.start(command, onCore: core)
      return .success(Run(core: core, started: started))
    } catch {
      if error.code == .unavailable { lose(core, holding: nil) } else { giveBack(core) }
      return .failure(error.during("core \(core) could not be started"))
    }
  }

  /// Gives a core back, and starts on it what the next one waits for.
  func giveBack(_ core: Int) {
    let next: (ticket: Int, command: StartCommand)? = state.updateQuietly { state in
      guard let ticket = state.ledger.free(core), let command = state.commands.removeValue(forKey: ticket) else {
        return nil
      }
      return (ticket, command)
    }
    guard let next else { return }
    let start = begin(next.command, onCore: core)
    state.update { $0.starts[next.ticket] = start }
  }

  /// Strikes off a core that did not end its job, and keeps the job's buffers from being used for anything else.
  ///
  /// - Parameter buffers: What the core may still write to; `nil` if it did not even start.
  func lose(_ core: Int, holding buffers: [any DeviceBuffer]?) {
    state.update { state in
      state.held[core] = buffers
      state.ledger.lose(core)
    }
  }

  /// Takes a lost core in again if it has ended its job meanwhile.
  ///
  /// - Returns: Whether the core is in use.
  func isWorking(_ core: Int) -> Bool {
    regain(among: [core])
    return state.updateQuietly { $0.ledger.cores[core] != .lost }
  }

  /// Takes in again those lost cores that have ended their jobs meanwhile.
  private func regain(among suitable: [Int]) {
    for core in suitable {
      let isMine = state.updateQuietly { state in state.held[core] != nil && state.ledger.reclaim(core) }
      guard isMine else { continue }
      // A core that can't be asked stays lost.
      guard let end = try? port.wait(forCore: core, timeLimit: .zero), end != .running else {
        state.update { $0.ledger.lose(core) }
        continue
      }
      let buffers = state.updateQuietly { $0.held.removeValue(forKey: core) }
      giveBack(core)
      withExtendedLifetime(buffers) {}  // Freed here, outside the lock.
    }
  }
}

/// A number with its noun, as in `2 cores`.
func amount(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

/// A duration in seconds for a message, as in `0.25 s`.
func seconds(_ duration: Duration) -> String {
  let (whole, attoseconds) = duration.components
  let milliseconds = attoseconds / 1_000_000_000_000_000
  guard milliseconds > 0 else { return "\(whole) s" }
  var digits = String(milliseconds + 1000).dropFirst()
  while digits.last == "0" { digits.removeLast() }
  return "\(whole).\(digits) s"
}
