import Threads

/// What a model has done since the service began, however often it was loaded anew meanwhile.
package final class ModelRecord: Sendable {
  /// How a self-check came out.
  package enum CheckOutcome: String, CaseIterable, Sendable {
    case right
    case wrong
    /// It could not be made: no core, no memory, no time.
    case failed
  }

  private struct State {
    var statistics = ModelStatistics()
    var checks: [CheckOutcome: Int] = [:]
  }

  private let state = Guarded(State())

  /// Makes the record of a model that has done nothing.
  init() {}

  /// Its requests.
  package var statistics: ModelStatistics { state.withLock { $0.statistics.copy } }

  /// Its self-checks by their outcome.
  package var checks: [CheckOutcome: Int] { state.withLock { $0.checks.filter { _ in true } } }

  /// Counts a request.
  func update(_ body: (inout ModelStatistics) -> Void) { state.withLock { body(&$0.statistics) } }

  /// Counts a self-check.
  func count(_ outcome: CheckOutcome) { state.withLock { $0.checks[outcome, default: 0] += 1 } }
}
