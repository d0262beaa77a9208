import Inference
package import JSONValues

/// What a model has done, as the protocol's statistics tell it.
package struct ModelStatistics: Equatable, Sendable {
  /// How often, and how long altogether.
  package struct Sum: Equatable, Sendable {
    /// How often.
    package var count = 0
    /// How long.
    package var time = Duration.zero

    /// Adds one.
    package mutating func add(_ duration: Duration) {
      count += 1
      time += duration
    }

    var json: JSONValue { .object(["count": .integer(count), "ns": .integer(time.nanosecondCount)]) }
  }

  /// How a request came out.
  package enum Outcome: String, CaseIterable, Sendable {
    case success
    /// The request itself was wrong.
    case rejected
    /// There was no place, no core or no time.
    case unavailable
    /// The device failed.
    case failed

    /// The outcome that an error is.
    package init(_ error: ServingError) {
      switch error.status {
      case 500: self = .failed
      case 503: self = .unavailable
      default: self = .rejected
      }
    }
  }

  /// Requests by outcome.
  package private(set) var outcomes: [Outcome: Int] = [:]
  /// Requests that were answered with a result, from beginning to end.
  package private(set) var success = Sum()
  /// Requests that were not.
  package private(set) var failure = Sum()
  /// Steps of requests that were answered.
  package private(set) var stages = [Histogram](
    repeating: .ofDurations, count: RunTimes.Stage.allCases.count)
  /// Frames that were run.
  package private(set) var frameCount = 0
  /// Runs by the number of their core.
  package private(set) var executions: [Int: Int] = [:]
  /// When the last was run, in milliseconds since 1970.
  package private(set) var lastInference = 0
  /// How long requests took.
  package private(set) var durations = Histogram.ofDurations

  /// Makes the statistics of a model that has done nothing.
  package init() {}

  /// A request was answered with a result.
  ///
  /// - Parameter core: The number of the core that ran it.
  package mutating func add(_ times: RunTimes, core: Int?, total: Duration, frames: Int, at milliseconds: Int) {
    outcomes[.success, default: 0] += 1
    success.add(total)
    durations.add(total.inSeconds)
    for stage in RunTimes.Stage.allCases { stages[stage.position].add(times[stage].inSeconds) }
    frameCount += frames
    executions[core ?? 0, default: 0] += 1
    lastInference = milliseconds
  }

  /// A request was not.
  package mutating func add(_ outcome: Outcome, total: Duration) {
    outcomes[outcome, default: 0] += 1
    failure.add(total)
    durations.add(total.inSeconds)
  }

  /// The same in memory of its own: what others look at is not written to again.
  ///
  /// A copy that shares memory until one of them changes would do, if the thread sanitizer knew how it is counted.
  var copy: ModelStatistics {
    var copy = self
    copy.outcomes = outcomes.filter { _ in true }
    copy.stages = stages.map(\.copy)
    copy.executions = executions.filter { _ in true }
    copy.durations = durations.copy
    return copy
  }

  /// Steps taken together, of requests that were answered.
  package func sum(_ steps: RunTimes.Stage...) -> Sum {
    let seconds = steps.reduce(0) { $0 + stages[$1.position].sum }
    return Sum(count: success.count, time: .nanoseconds(Int64(seconds * 1e9)))
  }

  /// The statistics in the protocol's form.
  package func json(model: String, version: String) -> JSONValue {
    let none = Sum().json
    let steps: [(String, JSONValue)] = [
      ("compute_input", sum(.decode, .preprocess).json), ("compute_infer", sum(.device).json),
      ("compute_output", sum(.postprocess, .encode).json),
    ]
    return .object([
      "name": .string(model), "version": .string(version), "last_inference": .integer(lastInference),
      "inference_count": .integer(frameCount), "execution_count": .integer(success.count),
      "inference_stats": .object(
        JSONValue.Members(
          [("success", success.json), ("fail", failure.json), ("queue", sum(.queue).json)] + steps
            + [("cache_hit", none), ("cache_miss", none)])),
      "batch_stats": .array(
        success.count == 0
          ? [] : [.object(JSONValue.Members([("batch_size", .integer(frameCount / success.count))] + steps))]),
    ])
  }
}

extension Duration {
  /// The duration in whole nanoseconds.
  var nanosecondCount: Int {
    let (seconds, attoseconds) = components
    return Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
  }

  /// The duration in seconds.
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
