import JSONValues
import Vision

/// The score of a segmentation: of the set, pooled, and of its cases, each a picture or a volume.
struct SegmentationScore: Score {
  /// What a case is.
  enum Kind: String {
    case picture, volume

    /// What is counted.
    var element: String { self == .picture ? "pixel" : "voxel" }
  }

  /// Which cases a class's mean is over, in words.
  static let emptyClassRule =
    "a class absent from truth and prediction is left out; absent from one of them it scores 0"

  let scores: CaseScores
  /// The files of the cases, in their order.
  let paths: [String]
  let labels: [String]
  let kind: Kind

  private var pooled: ConfusionMatrix { scores.pooled }

  var headline: Double? { pooled.foregroundDice }
  let headlineName = "mean foreground Dice"

  var summary: [String] {
    [
      "\(ScoreText.count(scores.cases.count, kind.rawValue)): mean foreground Dice \(ScoreText.short(headline)), "
        + "pooled over the set; \(Self.emptyClassRule)",
      "weighted Dice \(ScoreText.short(scores.weightedDice.score)): per slice, weighted by the class's true "
        + "\(kind.element)s, classes from 1 on, as in the NERONE paper",
      "per case (mean ± sd): foreground Dice \(ScoreText.short(scores.foregroundDice)), weighted Dice "
        + "\(ScoreText.short(scores.weightedDiceOfCases)), accuracy \(ScoreText.short(scores.accuracy))",
    ]
  }

  var tables: [(title: String, table: TextTable)] {
    var classes = TextTable([
      ("class", .left), ("\(kind.element)s", .right), ("precision", .right), ("recall", .right), ("IoU", .right),
      ("Dice", .right), ("weighted", .right), ("Dice per case", .right), ("cases", .right),
    ])
    for (index, label) in labels.enumerated() {
      let perCase = scores.dice(index)
      classes.add(
        [label.printable, pooled.truthCount(index).grouped]
          + [
            pooled.precision(index), pooled.recall(index), pooled.intersectionOverUnion(index), pooled.dice(index),
            scores.weightedDice.score(index),
          ].map(ScoreText.short) + [ScoreText.short(perCase), String(perCase?.count ?? 0)])
    }
    var tables = [("", classes), ("confusion (rows: truth, columns: prediction)", pooled.table(labels))]
    if kind == .volume { tables.append(("Dice of each case", caseTable)) }
    return tables
  }

  private var caseTable: TextTable {
    var table = TextTable(
      [("case", .left), ("slices", .right)] + labels.dropFirst().map { ($0.printable, .right) } + [("mean", .right)])
    for (path, one) in zip(paths, scores.cases) {
      table.add(
        [InputList.fileName(path).printable, String(one.sliceCount)]
          + (1..<max(1, labels.count)).map { ScoreText.short(one.matrix.dice($0)) }
          + [ScoreText.short(one.matrix.foregroundDice)])
    }
    return table
  }

  var members: [(String, JSONValue)] {
    [
      ("pictures", .integer(scores.cases.count)), ("counted", .string("\(kind.element)s")),
      ("correct", .integer(pooled.correct)), ("total", .integer(pooled.total)),
      ("accuracy", .optional(pooled.accuracy) { .number($0) }),
      ("mean_foreground_dice", .optional(headline) { .number($0) }),
      ("mean_foreground_iou", .optional(pooled.foregroundIntersectionOverUnion) { .number($0) }),
      ("weighted_dice", .optional(scores.weightedDice.score) { .number($0) }),
      ("empty_class_rule", .string(Self.emptyClassRule)),
      (
        "per_case",
        .object([
          "foreground_dice": .optional(scores.foregroundDice, \.json),
          "weighted_dice": .optional(scores.weightedDiceOfCases, \.json),
          "accuracy": .optional(scores.accuracy, \.json),
        ])
      ), ("classes", .array(labels.indices.map(classJSON))), ("confusion", pooled.json),
    ]
  }

  private func classJSON(_ label: Int) -> JSONValue {
    .record(
      JSONValue.Members(
        pooled.members(of: label, named: labels[label]) + [
          ("weighted_dice", .optional(scores.weightedDice.score(label)) { .number($0) }),
          ("dice_per_case", .optional(scores.dice(label), \.json)),
          ("iou_per_case", .optional(scores.intersectionOverUnion(label), \.json)),
        ]))
  }

  /// What a case scores, as members of a JSON object.
  static func members(of one: CaseScores.Case) -> [(String, JSONValue)] {
    [
      ("slices", .integer(one.sliceCount)), ("accuracy", .optional(one.matrix.accuracy) { .number($0) }),
      ("mean_foreground_dice", .optional(one.matrix.foregroundDice) { .number($0) }),
      ("weighted_dice", .optional(one.weightedDice.score) { .number($0) }),
      ("dice", .array((0..<one.matrix.classCount).map { .optional(one.matrix.dice($0)) { .number($0) } })),
      (
        "iou",
        .array((0..<one.matrix.classCount).map { .optional(one.matrix.intersectionOverUnion($0)) { .number($0) } })
      ),
    ]
  }

  var rows: [ScoreRow] {
    var rows: [ScoreRow] = []
    for (path, one) in zip(paths, scores.cases) {
      rows += ScoreRow.rows(
        .single, path: path,
        [
          "slices": String(one.sliceCount), "accuracy": ScoreText.exact(one.matrix.accuracy),
          "mean_foreground_dice": ScoreText.exact(one.matrix.foregroundDice),
          "weighted_dice": ScoreText.exact(one.weightedDice.score),
        ])
      rows += one.matrix.rows(.single, path: path, labels: labels, weightedDice: one.weightedDice.score)
    }
    rows += ScoreRow.rows(
      .pooled,
      [
        "correct": String(pooled.correct), "total": String(pooled.total),
        "accuracy": ScoreText.exact(pooled.accuracy), "mean_foreground_dice": ScoreText.exact(headline),
        "mean_foreground_iou": ScoreText.exact(pooled.foregroundIntersectionOverUnion),
        "weighted_dice": ScoreText.exact(scores.weightedDice.score),
      ])
    rows += pooled.rows(.pooled, labels: labels, weightedDice: scores.weightedDice.score)
    rows += ScoreRow.rows(scores.accuracy, "accuracy")
    rows += ScoreRow.rows(scores.foregroundDice, "mean_foreground_dice")
    rows += ScoreRow.rows(scores.weightedDiceOfCases, "weighted_dice")
    for (index, label) in labels.enumerated() {
      rows += ScoreRow.rows(scores.dice(index), label: label, "dice")
      rows += ScoreRow.rows(scores.intersectionOverUnion(index), label: label, "iou")
    }
    return rows + pooled.confusionRows(labels)
  }
}
