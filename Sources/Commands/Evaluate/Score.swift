import Vision

/// How well the predictions agree with the truth: counts of pictures or of pixels.
struct Score {
  let matrix: ConfusionMatrix
  let pictureCount: Int
  let isSegmentation: Bool
  let labels: [String]

  /// What is judged: accuracy of a classification, mean Dice score of the foreground of a segmentation.
  var headline: Double? { isSegmentation ? matrix.foregroundDice : matrix.accuracy }

  /// The score for a person.
  var lines: [String] {
    (isSegmentation ? segmentationLines : classificationLines) + ["", "confusion (rows: truth, columns: prediction)"]
      + confusionLines
  }

  /// The score as members of a JSON object.
  var members: [(String, JSONValue)] {
    let classes = labels.indices.map { label in
      JSONValue.record([
        "label": .string(labels[label]), "truth": .integer(matrix.truthCount(label)),
        "predicted": .integer(matrix.predictionCount(label)),
        "precision": .optional(matrix.precision(label)) { .number($0) },
        "recall": .optional(matrix.recall(label)) { .number($0) },
        "dice": .optional(matrix.dice(label)) { .number($0) },
      ])
    }
    return [
      ("pictures", .integer(pictureCount)), ("counted", .string(isSegmentation ? "pixels" : "pictures")),
      ("correct", .integer(matrix.correct)), ("total", .integer(matrix.total)),
      ("accuracy", .optional(matrix.accuracy) { .number($0) }),
      ("mean_foreground_dice", isSegmentation ? .optional(headline) { .number($0) } : .null),
      ("classes", .array(classes)),
      (
        "confusion",
        .array(
          labels.indices.map { truth in .integers(labels.indices.map { matrix[truth: truth, prediction: $0] }) })
      ),
    ]
  }

  private var classificationLines: [String] {
    var table = TextTable([("class", .left), ("pictures", .right), ("precision", .right), ("recall", .right)])
    for (index, label) in labels.enumerated() {
      table.add([
        label.printable, String(matrix.truthCount(index)), Self.text(matrix.precision(index)),
        Self.text(matrix.recall(index)),
      ])
    }
    return ["\(matrix.correct) of \(matrix.total) correct: accuracy \(Self.text(matrix.accuracy))"]
      + table.lines(indent: 2)
  }

  private var segmentationLines: [String] {
    var table = TextTable([("class", .left), ("pixels", .right), ("dice", .right)])
    for (index, label) in labels.enumerated() {
      table.add([label.printable, matrix.truthCount(index).grouped, Self.text(matrix.dice(index))])
    }
    return [
      "\(pictureCount) picture\(pictureCount == 1 ? "" : "s"): mean foreground Dice \(Self.text(headline)), "
        + "pooled over the set; a class absent from truth and prediction is left out"
    ] + table.lines(indent: 2)
  }

  private var confusionLines: [String] {
    var table = TextTable([("", .left)] + labels.map { ($0.printable, .right) })
    for (truth, label) in labels.enumerated() {
      table.add([label.printable] + labels.indices.map { matrix[truth: truth, prediction: $0].grouped })
    }
    return table.lines(indent: 2)
  }

  private static func text(_ value: Double?) -> String { value?.formatted(decimals: 4) ?? "-" }
}
