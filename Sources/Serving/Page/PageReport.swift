import Inference
import JSONValues
import Threads

/// What the page is told each second.
struct PageReport {
  /// The name of the form.
  static let schema = "dpu.page/1"
  /// The time of which latencies are.
  static let latencySpan = Duration.seconds(10)

  let service: InferenceService
  let readings: PageReadings
  let change: PageSample.Change
  let now: Moment
  let start: Moment
  /// Clients that look at numbers and at pictures.
  let watcherCounts: (events: Int, pictures: Int)
  let drawsPictures: Bool
  let lines: [EventLog.Line]
  /// The median and the 99 of 100, in milliseconds; `nil` where no request was answered lately.
  let latency: [Double]?

  /// The numbers that the page draws over time: frames a second, p50, p99 in ms, watts, busy share of the cores, waiting.
  var point: [Double?] {
    let busy = change.busy.isEmpty ? nil : change.busy.reduce(0, +) / Double(change.busy.count)
    return [
      change.framesPerSecond, latency?[0], latency?[1], readings.watts, busy, Double(waitingCount),
    ]
  }

  /// The report.
  func json(history: [[Double?]]?) -> JSONValue {
    let reason = service.reasonNotReady
    var members: [(String, JSONValue)] = [
      ("schema", .string(PageReport.schema)), ("seconds", number((now - start).inSeconds, 1)),
      (
        "service",
        .object([
          "name": .string(InferenceService.name), "version": .string(service.version),
          "phase": .string(service.phase.rawValue), "ready": .bool(reason == nil),
          "reason": .optional(reason) { .string($0) },
        ])
      ),
      (
        "device",
        .optional(readings.device) { device in
          .object([
            "kind": .string(device.kind), "detail": .string(device.detail),
            "reservation": .string(readings.reservation),
          ])
        }
      ),
      ("rates", rates), ("latency", latencyJSON), ("power", power), ("stages", stages), ("cores", cores),
      ("queue", queue), ("models", models),
      (
        "watchers",
        .object([
          "events": .integer(watcherCounts.events), "pictures": .integer(watcherCounts.pictures),
          "draws_pictures": .bool(drawsPictures),
        ])
      ),
      ("log", .array(lines.map(\.json))),
    ]
    if let history {
      members.append(
        ("history", .array(history.map { .array($0.map { .optional($0) { number($0, 3) } }) })))
    }
    return .object(JSONValue.Members(members))
  }

  private var rates: JSONValue {
    .object([
      "frames_per_second": number(change.framesPerSecond, 2),
      "requests_per_second": number(change.requestsPerSecond, 2),
      "failures_per_second": number(change.failuresPerSecond, 2),
    ])
  }

  /// The latencies of all models, lately.
  static func latency(of entries: [LoadedEntry], at now: Moment) -> [Double]? {
    let begin = Moment(nanoseconds: now.nanoseconds - Int64(latencySpan.nanosecondCount))
    let durations = entries.flatMap { $0.recentDurations(after: begin) }
    return RecentRequests.percentiles([0.5, 0.99], of: durations)?.map { $0 / 1e6 }
  }

  private var latencyJSON: JSONValue {
    .object([
      "p50_ms": .optional(latency) { number($0[0], 3) }, "p99_ms": .optional(latency) { number($0[1], 3) },
      "of": .string("a request's last byte to its answer, last 10 s"),
    ])
  }

  private var power: JSONValue {
    let framesPerJoule = readings.watts.flatMap {
      $0 > 0 && change.framesPerSecond > 0 ? change.framesPerSecond / $0 : nil
    }
    return .object([
      "watts": .optional(readings.watts) { number($0, 2) }, "sensor": .string(readings.sensor),
      "frames_per_joule": .optional(framesPerJoule) { number($0, 3) },
      "temperatures": .array(
        readings.temperatures.map { .object(["label": .string($0.label), "degrees": number($0.degrees, 1)]) }),
    ])
  }

  private var stages: JSONValue {
    .array(
      PageSample.Stage.allCases.enumerated().map { index, stage in
        .object(["name": .string(stage.rawValue), "ms": .optional(change.stages) { number($0[index], 3) }])
      })
  }

  private var cores: JSONValue {
    .array(
      (readings.schedule?.cores ?? []).enumerated().map { index, core in
        .object([
          "device": .string(core.device.kind), "number": .integer(core.number),
          "state": .string(core.state.words),
          "busy": change.busy.indices.contains(index) ? number(change.busy[index], 3) : .null,
          "jobs": .integer(core.finishCount), "failures": .integer(core.failureCount),
        ])
      })
  }

  private var waitingCount: Int {
    service.repository.loaded.reduce(0) { $0 + $1.waitingCount } + (readings.schedule?.waitingCount ?? 0)
  }

  private var queue: JSONValue {
    .object([
      "requests": .integer(service.repository.loaded.reduce(0) { $0 + $1.waitingCount }),
      "jobs": .integer(readings.schedule?.waitingCount ?? 0), "running": .integer(readings.schedule?.runningCount ?? 0),
    ])
  }

  private var models: JSONValue {
    let loaded = Dictionary(service.repository.loaded.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return .array(
      service.repository.states.map { row in
        var members: [(String, JSONValue)] = [
          ("name", .string(row.name)), ("version", .string(row.version)), ("state", .string(row.condition.rawValue)),
          ("reason", .string(row.reason)),
        ]
        if let entry = loaded[row.name] {
          let statistics = entry.statistics
          let requests = ModelStatistics.Outcome.allCases.map {
            ($0.rawValue, JSONValue.integer(statistics.outcomes[$0] ?? 0))
          }
          members += [
            ("requests", .object(JSONValue.Members(requests))), ("frames", .integer(statistics.frameCount)),
            ("waiting", .integer(entry.waitingCount)), ("shows_pictures", .bool(entry.model.showsPictures)),
            ("inputs", tensors(entry.model.inputs)), ("outputs", tensors(entry.model.outputs)),
          ]
        }
        return .object(JSONValue.Members(members))
      })
  }

  private func tensors(_ tensors: [ServedTensor]) -> JSONValue {
    .array(
      tensors.map { tensor in
        let type = tensor.fixPoint.map { "int8 fix \($0)" } ?? "float32"
        return .string("\(tensor.name) \(tensor.shape) \(type)")
      })
  }
}

extension EventLog.Line {
  /// The line for the page.
  var json: JSONValue {
    .object([
      "number": .integer(number), "time": .integer(time), "level": .string(level.rawValue), "text": .string(text),
      "count": .integer(count),
    ])
  }
}

extension Schedule.CoreState {
  /// The state for a person.
  fileprivate var words: String {
    switch self {
    case .active: "in use"
    case .out: "out of use"
    case .removed: "taken away"
    }
  }
}

/// A number with so many digits behind the point.
private func number(_ value: Double, _ digits: Int) -> JSONValue {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = value * scale
  guard scaled.isFinite, abs(scaled) < 1e15 else { return .number(value) }
  return .number(Double(Int64(scaled + (scaled < 0 ? -0.5 : 0.5))) / scale)
}
