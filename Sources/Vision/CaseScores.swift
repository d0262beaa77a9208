/// The scores of a segmentation: of each case, a picture or a volume, and of the whole set.
///
/// A class that is absent from both the truth and the prediction of a case says nothing there: the case is left out of
/// that class's mean. A class that is absent from one of the two only counts as 0.
package struct CaseScores: Sendable {
  /// One picture or volume.
  package struct Case: Sendable {
    /// The confusion of its pixels.
    package let matrix: ConfusionMatrix
    /// The Dice score weighted by frequency, of its slices.
    package let weightedDice: FrequencyWeightedDice
    /// How many slices were run.
    package let sliceCount: Int

    /// Counts a case slice by slice; a picture is one slice.
    ///
    /// - Precondition: There is a slice, and all have the same number of classes.
    package init(slices: [ConfusionMatrix]) {
      precondition(!slices.isEmpty, "a case has a slice at least")
      var matrix = ConfusionMatrix(classCount: slices[0].classCount)
      var weighted = FrequencyWeightedDice(classCount: slices[0].classCount)
      for slice in slices {
        matrix += slice
        weighted.add(slice: slice)
      }
      (self.matrix, weightedDice, sliceCount) = (matrix, weighted, slices.count)
    }
  }

  /// The cases in the order in which they were added.
  package private(set) var cases: [Case] = []
  /// All pixels of all cases counted together.
  package private(set) var pooled: ConfusionMatrix
  /// The Dice score weighted by frequency, of all slices of all cases.
  package private(set) var weightedDice: FrequencyWeightedDice

  /// Makes the scores of an empty set.
  package init(classCount: Int) {
    pooled = ConfusionMatrix(classCount: classCount)
    weightedDice = FrequencyWeightedDice(classCount: classCount)
  }

  /// Adds a case.
  package mutating func add(_ new: Case) {
    pooled += new.matrix
    weightedDice += new.weightedDice
    cases.append(new)
  }

  /// The Dice score of a class over the cases in which it is true or predicted, `nil` where there is none.
  package func dice(_ label: Int) -> Spread? { Spread(cases.compactMap { $0.matrix.dice(label) }) }

  /// Overlap over union of a class over the cases in which it is true or predicted, `nil` where there is none.
  package func intersectionOverUnion(_ label: Int) -> Spread? {
    Spread(cases.compactMap { $0.matrix.intersectionOverUnion(label) })
  }

  /// The mean Dice score of the classes from 1 on, over the cases that have one.
  package var foregroundDice: Spread? { Spread(cases.compactMap(\.matrix.foregroundDice)) }

  /// The Dice score weighted by frequency, over the cases that have one.
  package var weightedDiceOfCases: Spread? { Spread(cases.compactMap(\.weightedDice.score)) }

  /// The share of right pixels over the cases.
  package var accuracy: Spread? { Spread(cases.compactMap(\.matrix.accuracy)) }
}
