import Threads

/// The last words of the service, for those who look in.
package final class EventLog: Sendable {
  /// How much a line matters.
  package enum Level: String, Sendable {
    case note
    case warning
    case error
  }

  /// A line.
  package struct Line: Equatable, Sendable {
    /// Its number, from 1; a gap shows that lines are missing.
    package let number: Int
    /// - Units: Milliseconds since 1970.
    package let time: Int
    /// How much it matters.
    package let level: Level
    /// What happened.
    package internal(set) var text: String
    /// How often it was said in a row.
    package internal(set) var count = 1
  }

  private struct State {
    var lines: [Line] = []
    var lastNumber = 0
  }

  private let capacity: Int
  private let clock: @Sendable () -> Int
  private let state = Guarded(State())
  private static let longestText = 500

  /// Makes an empty log.
  ///
  /// - Parameters:
  ///   - capacity: How many lines are kept.
  ///   - clock: Milliseconds since 1970.
  package init(capacity: Int = 100, clock: @escaping @Sendable () -> Int) {
    self.capacity = capacity
    self.clock = clock
  }

  /// Adds a line; one that says the same as the last one is counted, and has a new number.
  package func add(_ level: Level, _ text: String) {
    let time = clock()
    let text = String(text.prefix(EventLog.longestText))
    state.withLock { state in
      state.lastNumber += 1
      var line = Line(number: state.lastNumber, time: time, level: level, text: text)
      if let last = state.lines.last, last.level == level, last.text == text {
        line.count = last.count + 1
        state.lines.removeLast()
      }
      if state.lines.count == capacity { state.lines.removeFirst() }
      state.lines.append(line)
    }
  }

  /// The lines behind a number, and the number behind which the next ones will be.
  package func lines(after number: Int) -> (lines: [Line], last: Int) {
    state.withLock { state in (state.lines.filter { $0.number > number }, state.lastNumber) }
  }
}
