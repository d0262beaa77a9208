package import Inference
package import Threads

/// Looks after a running service: cores that are out, wrong answers, signs of life.
///
/// Decides nothing itself: `ServiceHealth` and `ProgressWatch` do.
package final class ServiceWatch: Sendable {
  /// What it goes by.
  package struct Rules: Sendable {
    /// How long a core may be out before the service ends.
    package var coreGrace = Duration.seconds(10)
    /// From one self-check to the next; `nil` makes none after the start.
    package var checkInterval: Duration? = .seconds(60)
    /// How long jobs may be under way without one that ends before there is no sign of life.
    package var patience = Duration.seconds(15)

    /// Makes the usual rules.
    package init() {}
  }

  /// What was found.
  package struct Findings: Equatable, Sendable {
    /// Whether jobs end, where there are any.
    package let isAlive: Bool
    /// Why the service has to end; `nil` where it has not.
    package let reasonToEnd: String?
  }

  private struct State {
    var health: ServiceHealth
    var progress: ProgressWatch
    var busy = BusyWindow(length: .seconds(10))
    var nextBusySample: Moment
    var nextCheck: Moment?
    /// Which model is checked next.
    var checkCount = 0
    var isChecking = false
  }

  private let rules: Rules
  private let repository: ModelRepository
  private let statistics: @Sendable () -> SchedulerStatistics?
  private let state: Guarded<State>

  /// Begins to look.
  ///
  /// - Parameter statistics: What the scheduler says; `nil` while there is none.
  package init(
    _ repository: ModelRepository, rules: Rules, statistics: @escaping @Sendable () -> SchedulerStatistics?
  ) {
    self.repository = repository
    self.rules = rules
    self.statistics = statistics
    let now = Moment.now
    state = Guarded(
      State(
        health: ServiceHealth(coreGrace: rules.coreGrace),
        progress: ProgressWatch(patience: rules.patience, from: now), nextBusySample: now,
        nextCheck: rules.checkInterval.map { now + $0 }))
  }

  /// What keeps the service from being ready.
  package var fault: ServiceHealth.Fault? { state.withLock { $0.health.fault } }

  /// Looks at everything once, and begins a self-check where one is due; to be called a few times a second.
  package func look(at now: Moment = .now) -> Findings {
    let found = statistics()
    let wrongAnswer = repository.wrongAnswer
    let (findings, turn) = state.withLock { state -> (Findings, Int?) in
      if let wrongAnswer { state.health.answerWasWrong(wrongAnswer) }
      if let found {
        state.health.coresAreOut(found.coresOut, at: now)
        if now >= state.nextBusySample {
          state.busy.add(found.cores.map(\.busyTime), at: now)
          state.nextBusySample = now + .seconds(1)
        }
      }
      let isAlive = state.progress.isWell(
        underway: found?.underwayCount ?? 0, ended: found?.endedCount ?? 0, at: now)
      let findings = Findings(isAlive: isAlive, reasonToEnd: state.health.reasonToEnd(at: now))
      guard let nextCheck = state.nextCheck, now >= nextCheck, !state.isChecking else { return (findings, nil) }
      state.isChecking = true
      state.checkCount += 1
      return (findings, state.checkCount)
    }
    if let turn { Task { await checkNext(turn) } }
    return findings
  }

  /// One model after the other has its turn.
  private func checkNext(_ turn: Int) async {
    let entries = repository.loaded
    if !entries.isEmpty {
      // One that can't be made is counted; cores that are out are seen by themselves, wrong answers by the repository.
      do throws(ServingError) { try await repository.check(entries[turn % entries.count]) } catch {}
    }
    state.withLock {
      $0.isChecking = false
      $0.nextCheck = rules.checkInterval.map { Moment.now + $0 }
    }
  }

  /// How much of the last ten seconds each core was at work.
  package var metrics: [MetricFamily] {
    var busy = MetricFamily(
      "dpu_core_busy_ratio", .gauge, "The part of the last ten seconds that a core was at work, 0 to 1.")
    for (core, ratio) in state.withLock({ $0.busy.ratios }).enumerated() { busy.add(ratio, ["core": String(core)]) }
    return [busy]
  }
}
