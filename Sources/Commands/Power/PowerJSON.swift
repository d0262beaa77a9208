import Boards
import JSONValues

/// Power as JSON.
enum PowerJSON {
  /// The object that `dpu power --json` prints.
  static func report(_ summary: PowerSummary, _ sensors: PowerSensors, root: String, csv: String?) -> JSONValue {
    .object([
      "schema": .string("dpu.power/1"), "board": .optional(sensors.board) { .string($0.name) },
      "root": .string(root.isEmpty ? "/" : root), "basis": .string(summary.basis.name),
      "interval_seconds": .number(summary.interval / .seconds(1)), "seconds": .number(summary.seconds),
      "total": .optional(summary.total) { line($0) }, "rails": .array(summary.rails.map { line($0) }),
      "temperatures": .array(summary.temperatures.map { line($0, isPower: false) }),
      "csv": .optional(csv) { .string($0) }, "problems": .strings(sensors.problems),
    ])
  }

  /// What was measured of one sensor, or of several together.
  static func line(_ line: PowerSummary.Line, isPower: Bool = true) -> JSONValue {
    let found = line.statistics
    func number(_ value: Double?) -> JSONValue { .optional(value) { .number($0) } }
    var members: [(String, JSONValue)] = [
      ("sensor", .string(line.label)), ("mean", number(found.mean)), ("sd", number(found.standardDeviation)),
      ("min", number(found.minimum)), ("max", number(found.maximum)), ("samples", .integer(found.count)),
    ]
    if isPower { members.append(("joules", number(line.joules))) }
    members += [
      ("covered_seconds", .number(found.coveredSeconds)), ("coverage", .number(line.coverage)),
      ("dropped", .integer(line.droppedCount)), ("not_readable", .integer(line.failureCount)),
      ("problem", .optional(line.problem) { .string($0) }), ("source", .string(line.origin)),
    ]
    return .record(JSONValue.Members(members))
  }
}
