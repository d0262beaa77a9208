package import Threads

/// Whether jobs still end: what the service manager's watchdog is told.
///
/// A timer that runs says nothing about cores. Here each sign of life needs a job that has ended since the last one, or
/// that there is none to end.
package struct ProgressWatch: Equatable, Sendable {
  private let patience: Duration
  private var endedCount = 0
  private var lastProgress: Moment

  /// Begins to watch.
  ///
  /// - Parameter patience: How long jobs may be under way without one that ends.
  package init(patience: Duration, from now: Moment) {
    self.patience = patience
    lastProgress = now
  }

  /// Looks at the scheduler's counts.
  ///
  /// - Parameters:
  ///   - underway: Jobs that wait for a core or are on one.
  ///   - ended: Jobs that have ended so far, well or not.
  /// - Returns: Whether all is well.
  package mutating func isWell(underway: Int, ended: Int, at now: Moment) -> Bool {
    if underway == 0 || ended != endedCount { lastProgress = now }
    endedCount = ended
    return now - lastProgress < patience
  }
}
