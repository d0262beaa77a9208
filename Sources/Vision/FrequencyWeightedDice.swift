/// The Dice score that the NERONE and SENECA papers give: of each slice and class, weighted by the class's frequency.
///
/// Of a slice `s` and a class `c`, with `A` the true pixels and `B` the predicted ones,
///
///     D(s, c) = (2 |A and B| + 1) / (|A| + |B| + 1)        w(s, c) = |A|
///
/// and the score is the mean of `D` weighted by `w`, over all slices for a class, over all slices and the classes from 1
/// on for the set. A slice whose truth lacks a class weighs nothing for it, whatever was predicted there.
///
/// - Source: SENECA, `masks_evaluation.py` of necst/SENECA: "Weighted Mean on organs" and the lines of each organ.
package struct FrequencyWeightedDice: Equatable, Sendable {
  private var weighted: [Double]
  private var weights: [Int]

  /// Makes the score of nothing.
  package init(classCount: Int) {
    weighted = Array(repeating: 0, count: classCount)
    weights = Array(repeating: 0, count: classCount)
  }

  /// Adds a slice by the confusion matrix of its pixels.
  ///
  /// - Precondition: The matrix has as many classes.
  package mutating func add(slice matrix: ConfusionMatrix) {
    precondition(matrix.classCount == weights.count, "\(matrix.classCount) classes, expected \(weights.count)")
    for label in 0..<matrix.classCount {
      let truth = matrix.truthCount(label)
      guard truth > 0 else { continue }
      let overlap = matrix[truth: label, prediction: label]
      let dice = Double(2 * overlap + 1) / Double(truth + matrix.predictionCount(label) + 1)
      weighted[label] += Double(truth) * dice
      weights[label] += truth
    }
  }

  /// Adds the slices of another score.
  package static func += (total: inout FrequencyWeightedDice, other: FrequencyWeightedDice) {
    for label in total.weights.indices {
      total.weighted[label] += other.weighted[label]
      total.weights[label] += other.weights[label]
    }
  }

  /// The score of a class, `nil` where it never occurs in the truth.
  package func score(_ label: Int) -> Double? {
    weights[label] == 0 ? nil : weighted[label] / Double(weights[label])
  }

  /// The score of the classes from 1 on together, `nil` where none of them occurs in the truth.
  package var score: Double? {
    let weight = weights.dropFirst().reduce(0, +)
    return weight == 0 ? nil : weighted.dropFirst().reduce(0, +) / Double(weight)
  }
}
