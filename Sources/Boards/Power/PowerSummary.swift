/// What was measured over a span of time.
package struct PowerSummary: Equatable, Sendable {
  /// What was measured of one rail, or of all together.
  package struct Line: Equatable, Sendable {
    /// What people call it.
    package let label: String
    /// Where it was read.
    package let origin: String
    /// Watts or degrees; the integral of watts is joules.
    package let statistics: SampleStatistics
    /// The part of the span for which samples vouch, 0 to 1.
    package let coverage: Double
    /// Answers since the meter's start that were no number or could not be.
    package let droppedCount: Int
    /// The first of those.
    package let firstDropped: String?
    /// How often since the meter's start there was no answer.
    package let failureCount: Int
    /// What is wrong with the sensor now, or why it was once not read; `nil` where all went well.
    package let problem: String?

    /// The joules of the covered time, `nil` where none is covered.
    package var joules: Double? { statistics.coveredSeconds > 0 ? statistics.integral : nil }

    /// What a sensor's samples add up to.
    init(_ sensor: PowerSensor, _ log: SensorLog, _ statistics: SampleStatistics, over seconds: Double, at now: Double)
    {
      label = sensor.label
      origin = sensor.origin
      self.statistics = statistics
      coverage = seconds > 0 ? min(1, statistics.coveredSeconds / seconds) : 0
      droppedCount = log.droppedCount
      firstDropped = log.firstDropped
      failureCount = log.failureCount
      problem = log.condition(at: now).problem ?? log.firstFailure ?? log.firstDropped
    }

    /// What several sensors add up to.
    init(_ label: String, sumOf lines: [Line], _ statistics: SampleStatistics, over seconds: Double) {
      self.label = label
      origin = "the sum of " + lines.map(\.label).joined(separator: ", ")
      self.statistics = statistics
      coverage = seconds > 0 ? min(1, statistics.coveredSeconds / seconds) : 0
      droppedCount = lines.map(\.droppedCount).reduce(0, +)
      firstDropped = lines.lazy.compactMap { line in line.firstDropped.map { "\(line.label) \($0)" } }.first
      failureCount = lines.map(\.failureCount).reduce(0, +)
      problem = lines.lazy.compactMap { line in line.problem.map { "\(line.label): \($0)" } }.first
    }

    private init(_ line: Line, label: String) {
      self.label = label
      (origin, statistics, coverage) = (line.origin, line.statistics, line.coverage)
      (droppedCount, firstDropped, failureCount) = (line.droppedCount, line.firstDropped, line.failureCount)
      problem = line.problem
    }

    /// The same under another name.
    func renamed(_ label: String) -> Line { Line(self, label: label) }
  }

  /// The least part of a span that has to be covered for its energy to be told by the mean.
  package static let leastCoverage = 0.9

  /// What the one figure stands for.
  package let basis: PowerSensors.Basis
  /// How long the span was.
  package let seconds: Double
  /// How often sensors were asked.
  package let interval: Duration
  /// The one figure, `nil` where there is no sensor for it.
  package internal(set) var total: Line?
  /// Each sensor of power or energy.
  package internal(set) var rails: [Line] = []
  /// Each temperature.
  package internal(set) var temperatures: [Line] = []

  init(basis: PowerSensors.Basis, seconds: Double, interval: Duration) {
    (self.basis, self.seconds, self.interval) = (basis, seconds, interval)
  }

  /// The mean watts of the one figure.
  package var meanWatts: Double? { total?.statistics.mean }

  /// The joules of the whole span by the mean of what was covered; `nil` where less than nine tenths were.
  package var spanJoules: Double? {
    guard let total, let mean = total.statistics.mean, total.coverage >= Self.leastCoverage else { return nil }
    return mean * seconds
  }

  /// How many frames a joule runs; `nil` where the energy can't be told.
  package func framesPerJoule(_ frameCount: Int) -> Double? {
    guard frameCount > 0, let spanJoules, spanJoules > 0 else { return nil }
    return Double(frameCount) / spanJoules
  }

  /// The mean watts above those of an idle span; `nil` where either is not known.
  package func watts(above idle: PowerSummary) -> Double? {
    guard basis == idle.basis, let meanWatts, let idleWatts = idle.meanWatts else { return nil }
    return meanWatts - idleWatts
  }
}

/// What sensors show at one moment.
package struct PowerReadings: Equatable, Sendable {
  /// What one sensor shows.
  package struct Reading: Equatable, Sendable {
    /// What people call it.
    package let label: String
    /// Watts or degrees; `nil` where the last sample is old or there is none.
    package let value: Double?
    /// How the sensor is doing.
    package let condition: SensorCondition
  }

  /// When, in seconds since the meter was made.
  package let seconds: Double
  /// What the one figure stands for.
  package let basis: PowerSensors.Basis
  /// The one figure, `nil` where it is not known now.
  package internal(set) var totalWatts: Double?
  /// What is wrong with a sensor that the one figure is made of, `nil` where all answer.
  package internal(set) var totalProblem: String?
  /// Each sensor of power or energy.
  package internal(set) var rails: [Reading] = []
  /// Each temperature.
  package internal(set) var temperatures: [Reading] = []

  init(seconds: Double, basis: PowerSensors.Basis) { (self.seconds, self.basis) = (seconds, basis) }
}
