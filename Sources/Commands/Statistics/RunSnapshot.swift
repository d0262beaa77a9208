package import JSONValues

/// What a running command tells of itself at one moment: a line of its statistics socket.
package struct RunSnapshot: Equatable, Sendable, Codable {
  /// The name of the form.
  package static let schema = "dpu.statistics/1"

  /// What runs the DPU subgraphs.
  package struct Device: Equatable, Sendable, Codable {
    /// `software`, `simulated`, `xrt`, `paced`.
    package let kind: String
    /// One line of detail.
    package let detail: String
  }

  /// How long frames took lately.
  package struct Latency: Equatable, Sendable, Codable {
    /// From what to what.
    package let of: String
    /// - Units: Seconds; `nil` before the first frame.
    package let p50: Double?
    /// - Units: Seconds; `nil` before the first frame.
    package let p99: Double?
  }

  /// The name of the form.
  package let schema: String
  /// The process.
  package let pid: Int
  /// `run`, `live`, `bench`, …
  package let command: String
  /// The model's file.
  package let model: String
  /// What runs it.
  package let device: Device
  /// When it began.
  ///
  /// - Units: Seconds since 1970.
  package let started: Double
  /// How long ago that is.
  ///
  /// - Units: Seconds.
  package let seconds: Double
  /// Frames that are done.
  package let frames: Int
  /// Frames in a second, lately.
  package let framesPerSecond: Double
  /// How long frames took lately.
  package let latency: Latency
  /// The share of time that each core was at work, lately.
  package let coreBusy: [Double]
  /// Jobs that wait for a core.
  package let queue: Int
  /// Jobs on cores.
  package let running: Int
  /// Frames that were left out because others were newer.
  package let dropped: Int
  /// Power, where there is a sensor.
  package let watts: Double?
  /// What the power is of, or that there is no sensor.
  package let sensor: String
  /// What is wrong with the sensor, `nil` where it is well or there is none.
  package let sensorProblem: String?

  private enum CodingKeys: String, CodingKey {
    case schema, pid, command, model, device, started, seconds, frames
    case framesPerSecond = "frames_per_second"
    case latency = "latency_seconds"
    case coreBusy = "core_busy"
    case queue, running, dropped, watts, sensor
    case sensorProblem = "sensor_problem"
  }

  /// The members of the line, in the order of their definition.
  package var members: [(String, JSONValue)] {
    [
      ("schema", .string(schema)), ("pid", .integer(pid)), ("command", .string(command)), ("model", .string(model)),
      ("device", .record(["kind": .string(device.kind), "detail": .string(device.detail)])),
      ("started", .number(started)), ("seconds", .number(seconds)), ("frames", .integer(frames)),
      ("frames_per_second", .number(framesPerSecond)),
      (
        "latency_seconds",
        .record([
          "of": .string(latency.of), "p50": .optional(latency.p50) { .number($0) },
          "p99": .optional(latency.p99) { .number($0) },
        ])
      ),
      ("core_busy", .array(coreBusy.map { .number($0) })), ("queue", .integer(queue)), ("running", .integer(running)),
      ("dropped", .integer(dropped)), ("watts", .optional(watts) { .number($0) }), ("sensor", .string(sensor)),
      ("sensor_problem", .optional(sensorProblem) { .string($0) }),
    ]
  }

  /// The snapshot as one line of JSON.
  package var line: String { JSONValue.record(JSONValue.Members(members)).text }
}
