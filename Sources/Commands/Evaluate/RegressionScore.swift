import JSONValues
import Vision

/// The score of a model whose outputs are numbers: their errors, over all elements and over the cases.
struct RegressionScore: Score {
  /// The errors of each case, a file each.
  let cases: [RegressionErrors]
  /// The files of the cases.
  let paths: [String]

  private var pooled: RegressionErrors { cases.reduce(into: RegressionErrors()) { $0 += $1 } }

  private static let measures: [(name: String, key: String, value: @Sendable (RegressionErrors) -> Double?)] = [
    ("MAPE %", "mape", { $0.meanAbsolutePercentageError }), ("MPE %", "mpe", { $0.meanPercentageError }),
    ("RMSE", "rmse", { $0.rootMeanSquareError }), ("MAE", "mae", { $0.meanAbsoluteError }),
  ]

  var headline: Double? { pooled.meanAbsolutePercentageError }
  let headlineName = "MAPE"

  var summary: [String] {
    let pooled = pooled
    var lines = [
      "\(ScoreText.count(cases.count, "case")), \(ScoreText.count(pooled.count, "number")): MAPE "
        + "\(ScoreText.short(headline)) %"
    ]
    if pooled.zeroCount > 0 {
      lines.append("\(ScoreText.count(pooled.zeroCount, "target")) of 0 left out of MAPE and MPE")
    }
    if pooled.notFiniteCount > 0 {
      lines.append("\(ScoreText.count(pooled.notFiniteCount, "pair")) with NaN or an infinite number left out")
    }
    return lines
  }

  var tables: [(title: String, table: TextTable)] {
    var table = TextTable([("error", .left), ("all numbers", .right), ("per case (mean ± sd)", .right)])
    for measure in Self.measures {
      table.add([measure.name, ScoreText.short(measure.value(pooled)), ScoreText.short(spread(measure.value))])
    }
    return [("", table)]
  }

  var members: [(String, JSONValue)] {
    let pooled = pooled
    return [
      ("pictures", .integer(cases.count)), ("counted", .string("numbers")), ("total", .integer(pooled.count)),
      ("zero_targets", .integer(pooled.zeroCount)), ("not_finite", .integer(pooled.notFiniteCount)),
      ("errors", .record(JSONValue.Members(Self.members(of: pooled)))),
      (
        "per_case",
        .object(JSONValue.Members(Self.measures.map { ($0.key, .optional(spread($0.value), \.json)) }))
      ),
    ]
  }

  /// What a case's errors are, as members of a JSON object.
  static func members(of errors: RegressionErrors) -> [(String, JSONValue)] {
    measures.map { measure in (measure.key, .optional(measure.value(errors)) { .number($0) }) }
  }

  var rows: [ScoreRow] {
    func rows(_ scope: ScoreRow.Scope, path: String = "", _ errors: RegressionErrors) -> [ScoreRow] {
      Self.measures.map {
        ScoreRow(scope: scope, path: path, score: $0.key, value: ScoreText.exact($0.value(errors)))
      }
    }
    let pooled = pooled
    var all: [ScoreRow] = []
    for (path, errors) in zip(paths, cases) {
      all += ScoreRow.rows(.single, path: path, ["total": String(errors.count)]) + rows(.single, path: path, errors)
    }
    all += ScoreRow.rows(
      .pooled,
      [
        "total": String(pooled.count), "zero_targets": String(pooled.zeroCount),
        "not_finite": String(pooled.notFiniteCount),
      ])
    all += rows(.pooled, pooled)
    for measure in Self.measures { all += ScoreRow.rows(spread(measure.value), measure.key) }
    return all
  }

  private func spread(_ value: (RegressionErrors) -> Double?) -> Spread? { Spread(cases.compactMap(value)) }
}
