import JSONValues
import Vision

/// The score of a classification: each picture counts once.
struct ClassificationScore: Score {
  let matrix: ConfusionMatrix
  let labels: [String]

  var headline: Double? { matrix.accuracy }
  let headlineName = "accuracy"

  var summary: [String] {
    ["\(matrix.correct) of \(matrix.total) correct: accuracy \(ScoreText.short(matrix.accuracy))"]
  }

  var tables: [(title: String, table: TextTable)] {
    var classes = TextTable([
      ("class", .left), ("pictures", .right), ("precision", .right), ("recall", .right), ("Dice (F1)", .right),
      ("IoU", .right),
    ])
    for (index, label) in labels.enumerated() {
      classes.add(
        [label.printable, matrix.truthCount(index).grouped]
          + [matrix.precision, matrix.recall, matrix.dice, matrix.intersectionOverUnion].map {
            ScoreText.short($0(index))
          })
    }
    return [("", classes), ("confusion (rows: truth, columns: prediction)", matrix.table(labels))]
  }

  var members: [(String, JSONValue)] {
    [
      ("pictures", .integer(matrix.total)), ("counted", .string("pictures")), ("correct", .integer(matrix.correct)),
      ("total", .integer(matrix.total)), ("accuracy", .optional(matrix.accuracy) { .number($0) }),
      ("mean_foreground_dice", .null),
      (
        "classes",
        .array(labels.indices.map { .record(JSONValue.Members(matrix.members(of: $0, named: labels[$0]))) })
      ), ("confusion", matrix.json),
    ]
  }

  var rows: [ScoreRow] {
    ScoreRow.rows(
      .pooled,
      [
        "correct": String(matrix.correct), "total": String(matrix.total),
        "accuracy": ScoreText.exact(matrix.accuracy),
      ]) + matrix.rows(.pooled, labels: labels) + matrix.confusionRows(labels)
  }
}
