/// The cores of a port among jobs on several threads.
final class CorePool: Sendable {
  private struct State {
    var ledger: CoreLedger
    /// What a lost core may still write to, kept until it has ended.
    var held: [Int: [any DeviceBuffer]] = [:]
  }

  private let port: any Port
  private let state: Monitor<State>

  init(_ port: any Port) {
    self.port = port
    state = Monitor(State(ledger: CoreLedger(coreCount: port.coreCount)))
  }

  /// The number of lost cores.
  var lostCount: Int { state.update { state in state.ledger.cores.count { $0 == .lost } } }

  /// Takes one of some cores, in the order of asking.
  ///
  /// - Throws: `.busy` when the time is up, `.unavailable` if all of them are lost.
  func take(among suitable: [Int], timeLimit: Duration) throws(DeviceError) -> Int {
    regain(among: suitable)
    var answer = state.update { $0.ledger.request(among: suitable) }
    if case .queued(let ticket) = answer {
      if let collected = state.wait(timeLimit: timeLimit, until: { $0.ledger.collect(ticket: ticket) }) {
        answer = collected
      } else {
        state.update { $0.ledger.withdraw(ticket: ticket) }
        let others = state.update { $0.ledger.queueCount }
        throw DeviceError(
          .busy,
          "no core became free within \(seconds(timeLimit)): \(amount(suitable.count, "core")) "
            + "\(suitable.count == 1 ? "fits" : "fit") the program, \(amount(others, "other job")) "
            + "\(others == 1 ? "waits" : "wait"); run fewer jobs at a time, or wait longer")
      }
    }
    guard case .granted(let core) = answer else {
      throw DeviceError(
        .unavailable,
        "no core is left: \(suitable.count == 1 ? "the only one" : "each of the \(suitable.count)") that fits the "
          + "program did not end an earlier job; \(port.remedyForLostCore)")
    }
    return core
  }

  /// Gives a core back.
  func giveBack(_ core: Int) { state.update { $0.ledger.free(core) } }

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
    return state.update { $0.ledger.cores[core] != .lost }
  }

  /// Takes in again those lost cores that have ended their jobs meanwhile.
  private func regain(among suitable: [Int]) {
    for core in suitable {
      let isMine = state.update { state in state.held[core] != nil && state.ledger.reclaim(core) }
      guard isMine else { continue }
      // A core that can't be asked stays lost.
      guard let end = try? port.wait(forCore: core, timeLimit: .zero), end != .running else {
        state.update { $0.ledger.lose(core) }
        continue
      }
      let buffers = state.update { state in
        state.ledger.free(core)
        return state.held.removeValue(forKey: core)
      }
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
