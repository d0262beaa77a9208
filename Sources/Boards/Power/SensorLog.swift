/// How a sensor is doing.
package enum SensorCondition: Equatable, Sendable {
  /// It has not answered yet.
  case waiting
  /// Its last answer was usable.
  case answering
  /// It was asked so many seconds ago and has not answered since.
  case stalled(seconds: Double)
  /// Its last answer was none or not usable, and why.
  case failing(String)

  /// What is wrong, `nil` where nothing is.
  package var problem: String? {
    switch self {
    case .answering: nil
    case .waiting: "has not answered yet"
    case .stalled(let seconds): "has not answered for \(Int(seconds.rounded(.down))) s"
    case .failing(let reason): reason
    }
  }
}

/// What is known of one sensor while it is measured: its samples, and what was no sample.
package struct SensorLog: Sendable {
  /// What an answer led to.
  package enum Outcome: Equatable {
    /// A sample; of a counter, all that has flowed since the first.
    case sample(Double)
    /// A sample with which a counter begins anew.
    case anew(Double)
    /// Nothing usable.
    case dropped
  }

  /// Watts between two readings of a counter that no processor takes.
  private static let mostWatts = 10_000.0

  private let range: ClosedRange<Double>
  private let counterRange: Double?
  /// The samples.
  package private(set) var trace: SensorTrace
  /// Answers that were no number, or a number that can't be.
  package private(set) var droppedCount = 0
  /// The first of those.
  package private(set) var firstDropped: String?
  /// How often the sensor could not be read.
  package private(set) var failureCount = 0
  /// Why, the first time.
  package private(set) var firstFailure: String?
  private var askedAt: Double?
  private var hasAnswered = false
  private var problem: String?
  private var lastCount: (value: Double, seconds: Double)?
  private var total = 0.0

  /// Makes the log of a sensor that has not been asked.
  package init(_ sensor: PowerSensor, longestGap: Double) {
    range = sensor.quantity.plausibleRange
    counterRange = sensor.counterRange
    trace = SensorTrace(sensor.quantity == .energy ? .counter : .level, longestGap: longestGap)
  }

  /// How the sensor is doing.
  package func condition(at seconds: Double) -> SensorCondition {
    if let askedAt, seconds - askedAt > trace.longestGap { return .stalled(seconds: seconds - askedAt) }
    if let problem { return .failing(problem) }
    return hasAnswered ? .answering : .waiting
  }

  /// Notes that the sensor is being asked.
  package mutating func ask(at seconds: Double) { askedAt = seconds }

  /// Takes its answer.
  package mutating func take(_ answer: Result<Double, BoardError>, at seconds: Double) -> Outcome {
    askedAt = nil
    hasAnswered = true
    switch answer {
    case .failure(let error) where error.code == .malformed: return drop(error.message)
    case .failure(let error):
      failureCount += 1
      firstFailure = firstFailure ?? error.message
      problem = error.message
      return .dropped
    case .success(let value):
      guard value.isFinite, range.contains(value), counterRange.map({ value <= $0 }) ?? true else {
        return drop("shows \(value), which can't be")
      }
      return trace.form == .counter ? count(value, at: seconds) : keep(.sample(value), at: seconds)
    }
  }

  private mutating func count(_ value: Double, at seconds: Double) -> Outcome {
    defer { lastCount = (value, seconds) }
    guard let lastCount else { return keep(.sample(0), at: seconds) }
    var joules = value - lastCount.value
    if joules < 0, let counterRange { joules += counterRange }
    guard joules >= 0, joules <= Self.mostWatts * (seconds - lastCount.seconds) else {
      _ = drop("jumped from \(lastCount.value) J to \(value) J")
      trace.breakOff()
      return keep(.anew(total), at: seconds)
    }
    total += joules
    return keep(.sample(total), at: seconds)
  }

  private mutating func keep(_ outcome: Outcome, at seconds: Double) -> Outcome {
    switch outcome {
    case .sample(let value), .anew(let value): trace.append(value, at: seconds)
    case .dropped: break
    }
    problem = nil
    return outcome
  }

  private mutating func drop(_ what: String) -> Outcome {
    droppedCount += 1
    firstDropped = firstDropped ?? what
    problem = what
    return .dropped
  }
}
