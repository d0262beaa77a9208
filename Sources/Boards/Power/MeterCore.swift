import Threads

/// What a meter and its threads share.
///
/// Threads hold this and not the meter: one that a driver never lets go of keeps nothing else alive.
final class MeterCore: Sendable {
  /// What is known, and how far each thread is.
  struct State: Sendable {
    /// A log for each sensor.
    var logs: [SensorLog]
    /// The sensors added up, where there are several to add.
    var sum: SensorSum?
    /// How many rounds each group has begun.
    var begun: [Int]
    /// How many rounds each group has ended.
    var ended: [Int]
    /// Whether threads run.
    var isRunning = false
    /// Whether threads are to end.
    var isStopped = false
  }

  /// The zero of the seconds.
  let epoch = ContinuousClock.now
  /// What is known.
  let state: Guarded<State>
  private let sensors: [PowerSensor]
  private let interval: Duration
  /// The sensors of each thread.
  private let groups: [[Int]]
  private let wakes: [WakeSignal]
  private let progress: WakeSignal

  /// Makes what is shared for some sensors.
  init(_ sensors: PowerSensors, interval: Duration) throws(BoardError) {
    self.sensors = sensors.sensors
    self.interval = interval
    // A thread that comes late by a few samples, or an answer or two missing, does not tear a hole.
    let longestGap = max(1, 3 * (interval / .seconds(1)))
    var (groups, places): ([[Int]], [String: Int]) = ([], [:])
    for (index, sensor) in sensors.sensors.enumerated() {
      if let place = places[sensor.group] {
        groups[place].append(index)
      } else {
        places[sensor.group] = groups.count
        groups.append([index])
      }
    }
    self.groups = groups
    var wakes: [WakeSignal] = []
    for _ in groups { wakes.append(try WakeSignal()) }
    self.wakes = wakes
    progress = try WakeSignal()
    let parts = sensors.totalIndices
    let isCounted = parts.contains { sensors.sensors[$0].quantity == .energy }
    state = Guarded(
      State(
        logs: sensors.sensors.map { SensorLog($0, longestGap: longestGap) },
        sum: parts.count > 1 ? SensorSum(of: parts, isCounted ? .counter : .level, longestGap: longestGap) : nil,
        begun: groups.map { _ in 0 }, ended: groups.map { _ in 0 }))
  }

  /// An instant on the clock of the samples.
  func seconds(_ instant: ContinuousClock.Instant) -> Double { epoch.duration(to: instant) / .seconds(1) }

  /// Starts the threads, once.
  func start() throws(BoardError) {
    let isFirst = state.withLock { state in
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard isFirst else { return }
    for group in groups.indices { try DetachedThread.start { self.measure(group) } }
  }

  /// Lets the threads end.
  func stop() {
    state.withLock { $0.isStopped = true }
    for wake in wakes { wake.call() }
  }

  /// Has every group asked once from now on; waits for those that have not been found stalled, but not for long.
  func sample(patience: Duration) {
    let deadline = ContinuousClock.now + patience
    let targets = state.withLock { state in
      state.isRunning && !state.isStopped ? state.begun.map { $0 + 1 } : []
    }
    guard !targets.isEmpty else { return }
    for wake in wakes { wake.call() }
    while ContinuousClock.now < deadline {
      let now = seconds(.now)
      let isDone = state.withLock { state in
        groups.indices.allSatisfy { group in
          state.ended[group] >= targets[group]
            || groups[group].contains { if case .stalled = state.logs[$0].condition(at: now) { true } else { false } }
        }
      }
      if isDone { return }
      // Short, because another caller may have taken the call.
      progress.wait(atMost: min(.milliseconds(5), deadline - .now))
    }
  }

  /// What a thread does: asks its sensors, each time at the next multiple of the interval or when it is called.
  private func measure(_ group: Int) {
    var next = ContinuousClock.now
    while true {
      let goesOn = state.withLock { state in
        if !state.isStopped { state.begun[group] += 1 }
        return !state.isStopped
      }
      guard goesOn else { return }
      for index in groups[group] { ask(index) }
      state.withLock { $0.ended[group] += 1 }
      progress.call()
      let now = ContinuousClock.now
      if next <= now { next += interval * (Int((now - next) / interval) + 1) }
      wakes[group].wait(atMost: next - now)
    }
  }

  private func ask(_ index: Int) {
    state.withLock { $0.logs[index].ask(at: seconds(.now)) }
    let answer = Result { () throws(BoardError) in try sensors[index].read() }
    // The value was there at the end of the call at the latest; a call takes a few milliseconds, of which all are alike.
    let now = seconds(.now)
    state.withLock { state in
      let outcome = state.logs[index].take(answer, at: now)
      state.sum?.take(outcome, of: index, at: now)
    }
  }
}
