import JSONValues
import Vision

/// How well the predictions agree with the truth, in all forms in which it is given.
protocol Score {
  /// What is judged, `nil` where nothing was counted.
  var headline: Double? { get }
  /// What the headline is, for a person.
  var headlineName: String { get }
  /// Sentences for a person.
  var summary: [String] { get }
  /// Tables for a person, each with its title.
  var tables: [(title: String, table: TextTable)] { get }
  /// Members of a JSON object.
  var members: [(String, JSONValue)] { get }
  /// Every number, for comma-separated values.
  var rows: [ScoreRow] { get }
}

extension Score {
  /// The score for a screen.
  var lines: [String] {
    summary + tables.flatMap { (title, table) in (title.isEmpty ? [] : ["", title]) + table.lines(indent: 2) }
  }

  /// The score as a part of a Markdown page.
  var markdown: [String] {
    summary.flatMap { [$0, ""] }
      + tables.flatMap { (title, table) in (title.isEmpty ? [] : ["**\(title)**", ""]) + table.markdown + [""] }
  }

  /// The score as comma-separated values, the names of the columns first, and behind all a row that is no score.
  func commaSeparated(device: String, ending: ScoreRow?) -> [String] {
    let all = rows + [ending].compactMap { $0 }
    return ([ScoreRow.columns] + all.map { $0.cells(device: device) }).map(CommaSeparated.line)
  }
}

/// How scores are written.
enum ScoreText {
  /// A score with four digits, `-` for none.
  static func short(_ value: Double?) -> String { value?.formatted(decimals: 4) ?? "-" }

  /// A score with all its digits, nothing for none.
  static func exact(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

  /// Mean and standard deviation: `0.9871 ± 0.0042`.
  static func short(_ spread: Spread?) -> String {
    guard let spread else { return "-" }
    return short(spread.mean) + (spread.deviation.map { " ± \(short($0))" } ?? "")
  }

  /// A number with its noun: `1 picture`, `20 pictures`.
  static func count(_ number: Int, _ noun: String) -> String { "\(number.grouped) \(noun)\(number == 1 ? "" : "s")" }
}

extension Spread {
  /// The spread in a report.
  var json: JSONValue {
    .record(["mean": .number(mean), "sd": .optional(deviation) { .number($0) }, "cases": .integer(count)])
  }
}

extension ConfusionMatrix {
  /// The matrix for a screen: rows are the truth, columns the prediction.
  func table(_ labels: [String]) -> TextTable {
    var table = TextTable([("", .left)] + labels.map { ($0.printable, .right) })
    for (truth, label) in labels.enumerated() {
      table.add([label.printable] + labels.indices.map { self[truth: truth, prediction: $0].grouped })
    }
    return table
  }

  /// The matrix in a report: a list for each true class.
  var json: JSONValue {
    .array((0..<classCount).map { truth in .integers((0..<classCount).map { self[truth: truth, prediction: $0] }) })
  }

  /// What a class's counts say, as members of a JSON object.
  func members(of label: Int, named name: String) -> [(String, JSONValue)] {
    [
      ("label", .string(name)), ("truth", .integer(truthCount(label))), ("predicted", .integer(predictionCount(label))),
      ("precision", .optional(precision(label)) { .number($0) }), ("recall", .optional(recall(label)) { .number($0) }),
      ("dice", .optional(dice(label)) { .number($0) }),
      ("iou", .optional(intersectionOverUnion(label)) { .number($0) }),
    ]
  }
}
