import Vision

/// The form in which a score is printed.
enum EvaluationForm {
  case text, json, commaSeparated, markdown

  /// Takes the form out of the arguments.
  ///
  /// - Throws: An error of usage for two forms at once.
  init(_ arguments: Arguments) throws(CommandError) {
    let chosen = [("json", EvaluationForm.json), ("csv", .commaSeparated), ("markdown", .markdown)]
      .filter { arguments.flag($0.0) }
    guard chosen.count < 2 else {
      throw CommandError(
        .usage, "evaluate: options '--\(chosen[0].0)' and '--\(chosen[1].0)' exclude each other; give one")
    }
    self = chosen.first?.1 ?? .text
  }
}

/// What a score has to reach.
struct ScoreLimits {
  /// The least accuracy or mean Dice score.
  let least: Double?
  /// The greatest mean absolute percentage error.
  let most: Double?

  /// Takes the limits out of the arguments.
  init(_ arguments: Arguments) throws(CommandError) {
    least = try Self.number("at-least", arguments, in: 0...1, "a number from 0 to 1")
    most = try Self.number("at-most", arguments, in: 0...Double.greatestFiniteMagnitude, "a percentage of 0 or more")
  }

  /// Refuses a limit that the task has no score for.
  func check(fit task: LoadedModel.Task) throws(CommandError) {
    if task == .tensors, least != nil {
      throw CommandError(
        .usage, "evaluate: option '--at-least' is for classes; the model gives numbers, whose error '--at-most' limits")
    }
    if task != .tensors, most != nil {
      throw CommandError(
        .usage, "evaluate: option '--at-most' is for models that give numbers; '--at-least' limits the score of classes"
      )
    }
  }

  /// Why a score is not good enough, `nil` where it is.
  func objection(to score: any Score) -> String? {
    let found = score.headline.map { "\($0)" } ?? "of nothing"
    if let least, !(score.headline.map { $0 >= least } ?? false) { return "the score \(found) is below \(least)" }
    if let most, !(score.headline.map { $0 <= most } ?? false) {
      return "the \(score.headlineName) \(found) is above \(most)"
    }
    return nil
  }

  private static func number(
    _ name: String, _ arguments: Arguments, in range: ClosedRange<Double>, _ expected: String
  ) throws(CommandError) -> Double? {
    guard let text = arguments.text(name) else { return nil }
    guard let value = Double(text), range.contains(value) else {
      throw CommandError(.usage, "evaluate: option '--\(name)' needs \(expected), not '\(text)'")
    }
    return value
  }
}
