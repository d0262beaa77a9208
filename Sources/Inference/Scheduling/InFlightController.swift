package import Threads

/// Finds how many jobs in flight are enough: the smallest number whose rate is as good as more would give.
///
/// It only counts ends of jobs. One number of jobs in flight after another is tried for a window each, from few to many,
/// until several more bring no gain; then the knee is kept. When the rate there changes for long, the search begins anew.
package struct InFlightController: Sendable {
  /// The numbers that rules mention.
  package struct Rules: Equatable, Sendable {
    /// The most jobs in flight.
    package var most: Int
    /// The least jobs in a window; with more in flight, twice as many as those.
    package var windowJobs = 16
    /// The shortest window.
    package var windowDuration = Duration.milliseconds(40)
    /// What counts as a gain, and by how much the knee may stay below the best rate.
    package var gain = 0.03
    /// How many further numbers are tried without a gain.
    package var patience = 2
    /// The change of the rate, in either direction, after which the search begins anew.
    package var drift = 0.25
    /// Windows in a row that must show it.
    package var driftWindows = 3

    /// Makes the usual rules.
    package init(most: Int) { self.most = max(1, most) }
  }

  /// What a number of jobs in flight gave.
  package struct Step: Equatable, Sendable {
    /// The number.
    package let inFlight: Int
    /// Jobs in a second.
    package let jobsPerSecond: Double
  }

  /// The numbers that rules mention.
  package let rules: Rules
  /// How many jobs are to be in flight now.
  package private(set) var inFlight = 1
  /// Whether the knee is found.
  package private(set) var isSettled = false
  /// What was tried in the search, in order.
  package private(set) var steps: [Step] = []

  /// Ends that still belong to the number before.
  private var ignored = 0
  private var windowStart: Moment?
  private var windowCount = 0
  private var settledRate = 0.0
  private var driftedWindows = 0

  /// Makes a controller that begins with one job in flight.
  package init(rules: Rules) {
    self.rules = rules
    steps.reserveCapacity(rules.most)
  }

  /// Takes note that a job has ended.
  ///
  /// - Returns: Whether another number of jobs is to be in flight from now on.
  package mutating func jobEnded(at now: Moment) -> Bool {
    if ignored > 0 {
      ignored -= 1
      return false
    }
    guard let start = windowStart else {
      windowStart = now
      windowCount = 0
      return false
    }
    windowCount += 1
    let time = now - start
    guard windowCount >= max(rules.windowJobs, 2 * inFlight), time >= rules.windowDuration else { return false }
    let rate = Double(windowCount) * 1e9 / Double(max(1, now.nanoseconds - start.nanoseconds))
    windowStart = now
    windowCount = 0
    return isSettled ? watch(rate) : climb(rate)
  }

  private mutating func climb(_ rate: Double) -> Bool {
    steps.append(Step(inFlight: inFlight, jobsPerSecond: rate))
    // The last number that was better than all before it by a gain.
    var bestRate = 0.0
    var stepsSinceGain = 0
    for step in steps {
      if step.jobsPerSecond > bestRate * (1 + rules.gain) { stepsSinceGain = 0 } else { stepsSinceGain += 1 }
      bestRate = max(bestRate, step.jobsPerSecond)
    }
    if stepsSinceGain < rules.patience, inFlight < rules.most {
      change(to: inFlight + 1)
      return true
    }
    let knee = steps.first { $0.jobsPerSecond >= bestRate * (1 - rules.gain) } ?? steps[0]
    isSettled = true
    settledRate = knee.jobsPerSecond
    driftedWindows = 0
    guard knee.inFlight != inFlight else { return false }
    change(to: knee.inFlight)
    return true
  }

  private mutating func watch(_ rate: Double) -> Bool {
    let isDrifted = rate > settledRate * (1 + rules.drift) || rate < settledRate * (1 - rules.drift)
    driftedWindows = isDrifted ? driftedWindows + 1 : 0
    guard driftedWindows >= rules.driftWindows else { return false }
    isSettled = false
    steps.removeAll(keepingCapacity: true)
    let old = inFlight
    change(to: 1)
    return old != 1
  }

  private mutating func change(to number: Int) {
    // Those that are in flight began under the old number.
    ignored = max(inFlight, number)
    inFlight = number
    windowStart = nil
  }
}
