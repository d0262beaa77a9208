/// How well label maps agree with the truth, pooled over a set: pixels of all pictures count together.
///
/// A class that is absent from both truth and prediction of the whole set says nothing and is left out of means.
package struct DiceScore: Equatable, Sendable {
  /// The pixels, by true and predicted class.
  package private(set) var confusion: ConfusionMatrix
  /// The label maps that were added.
  package private(set) var mapCount = 0

  /// Makes an empty score.
  package init(classCount: Int) { confusion = ConfusionMatrix(classCount: classCount) }

  /// Adds the pixels of one label map.
  ///
  /// - Throws: `mismatch` where sizes differ, or a label is no class.
  package mutating func add(truth: LabelMap, prediction: LabelMap) throws(VisionError) {
    try confusion.add(truth: truth, prediction: prediction)
    mapCount += 1
  }

  /// The Dice score of each class, `nil` where it is absent from both.
  package var perClass: [Double?] { (0..<confusion.classCount).map(confusion.dice) }
  /// The intersection over union of each class, `nil` where it is absent from both.
  package var intersectionOverUnionPerClass: [Double?] {
    (0..<confusion.classCount).map(confusion.intersectionOverUnion)
  }

  /// The mean Dice score of the classes from 1 on, `nil` where there is none.
  package var foregroundMean: Double? { mean(perClass.dropFirst()) }
  /// The mean intersection over union of the classes from 1 on, `nil` where there is none.
  package var foregroundMeanIntersectionOverUnion: Double? { mean(intersectionOverUnionPerClass.dropFirst()) }

  private func mean(_ scores: some Sequence<Double?>) -> Double? {
    let present = scores.compactMap { $0 }
    return present.isEmpty ? nil : present.reduce(0, +) / Double(present.count)
  }
}
