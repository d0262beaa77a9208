import Vision

/// One number of a score as a row of comma-separated values: what it is, what it is of, and its value.
struct ScoreRow {
  /// Of which cases a number is.
  enum Scope: String {
    /// Of one, which is named.
    case single = "case"
    /// All counted together.
    case pooled
    /// Over the cases: their mean, its standard deviation, and how many they are.
    case mean
    case deviation = "sd"
    case count = "cases"
    /// The run itself: why it ended early.
    case run
  }

  /// The names of the columns.
  static let columns = ["device", "scope", "case", "class", "prediction", "score", "value"]

  let scope: Scope
  /// The file of the case, empty for all.
  var path = ""
  /// The class, in the confusion matrix the true one; empty for all.
  var label = ""
  /// The predicted class in the confusion matrix, empty elsewhere.
  var prediction = ""
  let score: String
  /// Empty where there is none.
  let value: String

  /// The row behind the name of a device.
  func cells(device: String) -> [String] { [device, scope.rawValue, path, label, prediction, score, value] }

  /// Rows of scores that have names.
  static func rows(
    _ scope: Scope, path: String = "", label: String = "", _ scores: KeyValuePairs<String, String>
  ) -> [ScoreRow] {
    scores.map { ScoreRow(scope: scope, path: path, label: label, score: $0.key, value: $0.value) }
  }

  /// The rows of a score's mean over the cases.
  static func rows(_ spread: Spread?, label: String = "", _ score: String) -> [ScoreRow] {
    let values: [(Scope, String)] = [
      (.mean, ScoreText.exact(spread?.mean)), (.deviation, ScoreText.exact(spread?.deviation)),
      (.count, String(spread?.count ?? 0)),
    ]
    return values.map { ScoreRow(scope: $0.0, label: label, score: score, value: $0.1) }
  }
}

extension ConfusionMatrix {
  /// What each class's counts say, and whatever else there is of it.
  func rows(
    _ scope: ScoreRow.Scope, path: String = "", labels: [String], weightedDice: ((Int) -> Double?)? = nil
  ) -> [ScoreRow] {
    labels.enumerated().flatMap { index, label in
      let rows = ScoreRow.rows(
        scope, path: path, label: label,
        [
          "truth": String(truthCount(index)), "predicted": String(predictionCount(index)),
          "precision": ScoreText.exact(precision(index)), "recall": ScoreText.exact(recall(index)),
          "dice": ScoreText.exact(dice(index)), "iou": ScoreText.exact(intersectionOverUnion(index)),
        ])
      guard let weightedDice else { return rows }
      return rows
        + ScoreRow.rows(scope, path: path, label: label, ["weighted_dice": ScoreText.exact(weightedDice(index))])
    }
  }

  /// How many of each class were taken for each.
  func confusionRows(_ labels: [String]) -> [ScoreRow] {
    labels.indices.flatMap { truth in
      labels.indices.map { prediction in
        ScoreRow(
          scope: .pooled, label: labels[truth], prediction: labels[prediction], score: "confusion",
          value: String(self[truth: truth, prediction: prediction]))
      }
    }
  }
}
