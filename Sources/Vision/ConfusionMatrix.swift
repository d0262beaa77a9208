/// How often each true class was given each predicted class: of pictures or of pixels.
package struct ConfusionMatrix: Equatable, Sendable {
  /// The number of classes.
  package let classCount: Int
  /// The counts.
  ///
  /// - Shape: `[truth, prediction]`.
  package private(set) var counts: [Int]

  /// Makes an empty matrix.
  ///
  /// - Precondition: At least one class.
  package init(classCount: Int) {
    precondition(classCount > 0, "a confusion matrix needs classes")
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// How often a true class was predicted as another.
  package subscript(truth truth: Int, prediction prediction: Int) -> Int { counts[truth * classCount + prediction] }

  /// Counts one picture.
  ///
  /// - Precondition: Both are classes.
  package mutating func add(truth: Int, prediction: Int) {
    precondition((0..<classCount).contains(truth) && (0..<classCount).contains(prediction), "no such class")
    counts[truth * classCount + prediction] += 1
  }

  /// Counts the pixels of a label map.
  ///
  /// - Throws: `mismatch` where sizes differ, or a label is no class.
  package mutating func add(truth: LabelMap, prediction: LabelMap) throws(VisionError) {
    guard truth.width == prediction.width, truth.height == prediction.height else {
      throw VisionError(
        .mismatch,
        "true labels of \(truth.width)x\(truth.height) cannot be compared with predicted ones of"
          + " \(prediction.width)x\(prediction.height)")
    }
    try add(truth: truth.labels, prediction: prediction.labels)
  }

  /// Counts pixels given as lists of labels.
  ///
  /// - Precondition: The lists are equally long.
  /// - Throws: `mismatch` where a label is no class.
  package mutating func add(truth: [UInt8], prediction: [UInt8]) throws(VisionError) {
    precondition(truth.count == prediction.count, "\(truth.count) true labels for \(prediction.count) predicted ones")
    for (name, labels) in [("true", truth), ("predicted", prediction)] {
      let greatest = labels.max() ?? 0
      guard Int(greatest) < classCount else {
        throw VisionError(
          .mismatch,
          "\(name) label \(greatest) is none of the \(classCount) classes 0 to"
            + " \(classCount - 1)")
      }
    }
    let (classes, pixels) = (classCount, truth.count)
    counts.withUnsafeMutableBufferPointer { counts in
      truth.withUnsafeBufferPointer { truth in
        prediction.withUnsafeBufferPointer { prediction in
          for pixel in 0..<pixels { counts[Int(truth[pixel]) * classes + Int(prediction[pixel])] += 1 }
        }
      }
    }
  }

  /// Adds what another matrix of as many classes counted.
  package static func += (total: inout ConfusionMatrix, other: ConfusionMatrix) {
    precondition(total.classCount == other.classCount, "\(other.classCount) classes, expected \(total.classCount)")
    for index in total.counts.indices { total.counts[index] += other.counts[index] }
  }

  /// Everything that was counted.
  package var total: Int { counts.reduce(0, +) }
  /// What was predicted as it is.
  package var correct: Int { (0..<classCount).reduce(0) { $0 + counts[$1 * classCount + $1] } }
  /// The share that is correct, `nil` where nothing was counted.
  package var accuracy: Double? { ratio(correct, total) }

  /// How often a class is true.
  package func truthCount(_ label: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + counts[label * classCount + $1] }
  }

  /// How often a class was predicted.
  package func predictionCount(_ label: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + counts[$1 * classCount + label] }
  }

  /// Of the predictions of a class the share that is right, `nil` where it was never predicted.
  package func precision(_ label: Int) -> Double? {
    ratio(self[truth: label, prediction: label], predictionCount(label))
  }

  /// Of a class's true occurrences the share that was found, `nil` where it never occurs.
  package func recall(_ label: Int) -> Double? { ratio(self[truth: label, prediction: label], truthCount(label)) }

  /// Twice the overlap over the sum of both areas, `nil` where the class is absent from both.
  package func dice(_ label: Int) -> Double? {
    ratio(2 * self[truth: label, prediction: label], truthCount(label) + predictionCount(label))
  }

  /// The overlap over the union, `nil` where the class is absent from both.
  package func intersectionOverUnion(_ label: Int) -> Double? {
    let overlap = self[truth: label, prediction: label]
    return ratio(overlap, truthCount(label) + predictionCount(label) - overlap)
  }

  /// The mean Dice score of the classes from 1 on, `nil` where none of them occurs.
  ///
  /// Everything counted is pooled: the pixels of all pictures count together. A class that is absent from both truth
  /// and prediction says nothing and is left out.
  package var foregroundDice: Double? { Spread((1..<max(1, classCount)).compactMap(dice))?.mean }

  /// The mean overlap over union of the classes from 1 on, as for the Dice score.
  package var foregroundIntersectionOverUnion: Double? {
    Spread((1..<max(1, classCount)).compactMap(intersectionOverUnion))?.mean
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
}
