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
  package private(set) var queue = Sum()
  /// Converting inputs.
  package private(set) var input = Sum()
  /// Running.
  package private(set) var inference = Sum()
  /// Writing outputs.
  package private(set) var output = Sum()
  /// Frames that were run.
  package private(set) var frameCount = 0
  /// When the last was run, in milliseconds since 1970.
  package private(set) var lastInference = 0
  /// How long requests took.
  package private(set) var durations = Histogram.ofDurations

  /// Makes the statistics of a model that has done nothing.
  package init() {}

  /// A request was answered with a result.
  package mutating func add(_ times: RunTimes, total: Duration, frames: Int, at milliseconds: Int) {
    outcomes[.success, default: 0] += 1
    success.add(total)
    durations.add(total.inSeconds)
    queue.add(times.queue)
    input.add(times.input)
    inference.add(times.inference)
    output.add(times.output)
    frameCount += frames
    lastInference = milliseconds
  }

  /// A request was not.
  package mutating func add(_ outcome: Outcome, total: Duration) {
    outcomes[outcome, default: 0] += 1
    failure.add(total)
    durations.add(total.inSeconds)
  }

  /// The statistics in the protocol's form.
  package func json(model: String, version: String) -> JSONValue {
    let none = Sum().json
    let steps: [(String, JSONValue)] = [
      ("compute_input", input.json), ("compute_infer", inference.json), ("compute_output", output.json),
    ]
    return .object([
      "name": .string(model), "version": .string(version), "last_inference": .integer(lastInference),
      "inference_count": .integer(frameCount), "execution_count": .integer(success.count),
      "inference_stats": .object(
        JSONValue.Members(
          [("success", success.json), ("fail", failure.json), ("queue", queue.json)] + steps
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
