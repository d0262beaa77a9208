import JSONValues
import Vision

/// What an evaluation prints and returns at its end, whatever it ran on.
struct EvaluationReport {
  let loaded: LoadedModel
  let score: any Score
  let speed: SpeedReport
  let results: [JSONValue]
  let failures: [InputList.Failure]
  /// Why not everything was scored, `nil` where it was.
  let end: EarlyEnd?
  /// How many cases were scored, with their noun: `20 pictures`.
  let done: String

  /// Prints the score.
  ///
  /// - Returns: The exit code, in this order: a signal or a device that failed, inputs that were skipped, a score beyond its
  ///   limit.
  func finish(_ form: EvaluationForm, _ limits: ScoreLimits, _ console: Console) throws -> ExitCode {
    switch form {
    case .json: try console.print(json)
    case .commaSeparated:
      let ending = end.map { ScoreRow(scope: .run, score: "incomplete", value: $0.words) }
      for line in score.commaSeparated(device: loaded.device.description.line, ending: ending) {
        try console.print(line)
      }
    case .markdown:
      var lines = ["## \(loaded.path.printable) on \(deviceLine)", ""]
      if let end { lines += ["**incomplete: \(end.words)**", ""] }
      for line in lines + score.markdown { try console.print(line) }
    case .text:
      let ending = end.map { ["incomplete: \($0.words)"] } ?? []
      for line in [deviceLine] + ending + score.lines { try console.print(line) }
    }
    if form != .json { for line in speed.lines { console.note(line) } }
    if !failures.isEmpty { console.note(InputList.skipped(failures.count)) }
    if let end {
      end.tell(console, done: done)
      return end.exitCode
    }
    guard failures.isEmpty else { return .invalidInput }
    guard let objection = limits.objection(to: score) else { return .success }
    console.complain(objection)
    return .checkFailed
  }

  private var deviceLine: String { "device: \(loaded.device.description.line)" }

  private var json: JSONValue {
    .object(
      JSONValue.Members(
        [
          ("schema", .string("dpu.evaluate/1")), ("model", .string(loaded.path)),
          ("task", .string(loaded.task.rawValue)), ("device", loaded.device.description.json),
          ("card", loaded.cardJSON), ("rounding", .string(loaded.rounding.rawValue)),
        ] + score.members + speed.members + [
          ("results", .array(results)), ("failures", .array(failures.map(\.json))),
          ("incomplete", .optional(end) { .string($0.words) }),
        ]))
  }
}
