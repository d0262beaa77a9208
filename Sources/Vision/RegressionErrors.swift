/// How far predicted numbers lie from the true ones.
///
/// With truth `t` and prediction `p`: MAPE is the mean of `100 |t - p| / |t|`, MPE that of `100 (t - p) / t` (positive where
/// the model predicts too little of a positive number), RMSE the root of the mean of `(t - p)²`, MAE the mean of
/// `|t - p|`. A truth of 0 has no percentage: it is counted and left out of MAPE and MPE. Pairs of which one is NaN or
/// infinite are counted and left out of everything.
package struct RegressionErrors: Equatable, Sendable {
  /// The pairs of finite numbers.
  package private(set) var count = 0
  /// Of those, the pairs whose truth is 0.
  package private(set) var zeroCount = 0
  /// The pairs that are left out because a number is NaN or infinite.
  package private(set) var notFiniteCount = 0
  private var absoluteShares = 0.0
  private var shares = 0.0
  private var squares = 0.0
  private var absolutes = 0.0

  /// Makes the errors of nothing.
  package init() {}

  /// Compares two lists, element by element.
  ///
  /// - Precondition: They are equally long.
  package mutating func add(truth: [Float], prediction: [Float]) {
    precondition(truth.count == prediction.count, "\(truth.count) targets for \(prediction.count) predictions")
    for (truth, prediction) in zip(truth, prediction) {
      guard truth.isFinite, prediction.isFinite else {
        notFiniteCount += 1
        continue
      }
      let difference = Double(truth) - Double(prediction)
      count += 1
      squares += difference * difference
      absolutes += abs(difference)
      if truth == 0 {
        zeroCount += 1
      } else {
        shares += difference / Double(truth)
        absoluteShares += abs(difference / Double(truth))
      }
    }
  }

  /// Adds the pairs of others.
  package static func += (total: inout RegressionErrors, other: RegressionErrors) {
    total.count += other.count
    total.zeroCount += other.zeroCount
    total.notFiniteCount += other.notFiniteCount
    total.absoluteShares += other.absoluteShares
    total.shares += other.shares
    total.squares += other.squares
    total.absolutes += other.absolutes
  }

  /// The mean absolute percentage error (MAPE), `nil` where no truth differs from 0.
  ///
  /// - Units: percent
  package var meanAbsolutePercentageError: Double? { mean(100 * absoluteShares, of: count - zeroCount) }
  /// The mean percentage error (MPE), `nil` where no truth differs from 0.
  ///
  /// - Units: percent
  package var meanPercentageError: Double? { mean(100 * shares, of: count - zeroCount) }
  /// The root of the mean square error (RMSE), in the numbers' own unit.
  package var rootMeanSquareError: Double? { mean(squares, of: count)?.squareRoot() }
  /// The mean absolute error (MAE), in the numbers' own unit.
  package var meanAbsoluteError: Double? { mean(absolutes, of: count) }

  private func mean(_ sum: Double, of count: Int) -> Double? { count == 0 ? nil : sum / Double(count) }
}
