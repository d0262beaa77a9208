import Foundation
import Tensors
import Testing
import Vision

@Suite struct ClassScoresTests {
  @Test func softmaxIsThatOfTheNumbersBehindTheLogits() {
    let logits: [Int8] = [8, 16, -4, 16]
    let scores = logits.withUnsafeBufferPointer { ClassScores(logits: $0, fixPoint: FixPoint(3)) }
    let powers = [1.0, 2.0, -0.5, 2.0].map { exp($0) }
    for (found, power) in zip(scores.probabilities, powers) {
      #expect(abs(Double(found) - power / powers.reduce(0, +)) < 1e-7)
    }
    #expect(scores.best == 1)
    #expect(scores.top(3).map(\.label) == [1, 3, 0])
  }

  @Test func extremeLogitsDoNotOverflow() {
    let logits: [Int8] = [127, -128, 127]
    let scores = logits.withUnsafeBufferPointer { ClassScores(logits: $0, fixPoint: FixPoint(-10)) }
    #expect(scores.probabilities == [0.5, 0, 0.5])
    #expect(scores.best == 0)
  }
}

@Suite struct ConfusionMatrixTests {
  /// truth 0: 3 right, 1 as 1; truth 1: 2 as 0, 4 right; class 2 only ever predicted, once, for 1; class 3 never.
  static let matrix: ConfusionMatrix = {
    var matrix = ConfusionMatrix(classCount: 4)
    for (truth, prediction, count) in [(0, 0, 3), (0, 1, 1), (1, 0, 2), (1, 1, 4), (1, 2, 1)] {
      for _ in 0..<count { matrix.add(truth: truth, prediction: prediction) }
    }
    return matrix
  }()

  @Test func ratiosAreThoseOfTheCounts() {
    let matrix = Self.matrix
    #expect(matrix.total == 11 && matrix.correct == 7)
    #expect(matrix.accuracy == 7.0 / 11)
    #expect(matrix.precision(0) == 3.0 / 5 && matrix.recall(0) == 3.0 / 4)
    #expect(matrix.precision(1) == 4.0 / 5 && matrix.recall(1) == 4.0 / 7)
    #expect(matrix.precision(2) == 0 && matrix.recall(2) == nil)
    #expect(matrix.precision(3) == nil && matrix.recall(3) == nil)
    #expect(matrix.dice(0) == 6.0 / 9 && matrix.intersectionOverUnion(0) == 3.0 / 6)
    #expect(matrix.dice(2) == 0 && matrix.dice(3) == nil && matrix.intersectionOverUnion(3) == nil)
    #expect(ConfusionMatrix(classCount: 2).accuracy == nil)
  }

  static func map(_ labels: [UInt8]) -> LabelMap { LabelMap(width: labels.count, height: 1, labels: labels) }

  @Test func pixelsOfAllMapsCountTogether() throws {
    var matrix = ConfusionMatrix(classCount: 4)
    try matrix.add(truth: Self.map([0, 1, 1, 2]), prediction: Self.map([0, 1, 0, 2]))
    try matrix.add(truth: Self.map([1, 0, 0, 0]), prediction: Self.map([1, 1, 0, 2]))
    // Class 1: overlap 2, truth 3, prediction 3. Class 2: overlap 1, truth 1, prediction 2. Class 3 is absent.
    // Background: overlap 2, truth 4, prediction 3.
    let twoThirds = 2.0 / 3
    let dice: [Double?] = [4.0 / 7, twoThirds, twoThirds, nil]
    #expect((0..<4).map(matrix.dice) == dice)
    let unions: [Double?] = [0.4, 0.5, 0.5, nil]
    #expect((0..<4).map(matrix.intersectionOverUnion) == unions)
    #expect(matrix.foregroundDice == twoThirds)
  }

  @Test func classPresentOnOneSideOnlyCountsAsZero() throws {
    var matrix = ConfusionMatrix(classCount: 3)
    try matrix.add(truth: Self.map([0, 1]), prediction: Self.map([0, 0]))
    let dice: [Double?] = [2.0 / 3, 0, nil]
    #expect((0..<3).map(matrix.dice) == dice)
    #expect(matrix.foregroundDice == 0)
  }

  @Test func nothingButBackgroundHasNoMean() throws {
    var matrix = ConfusionMatrix(classCount: 3)
    try matrix.add(truth: Self.map([0, 0]), prediction: Self.map([0, 0]))
    #expect(matrix.dice(0) == 1)
    #expect(matrix.foregroundDice == nil)
    #expect(ConfusionMatrix(classCount: 1).foregroundDice == nil)
  }

  @Test func mapsThatCannotBeComparedAreRefused() {
    var matrix = ConfusionMatrix(classCount: 2)
    expectError(.mismatch, containing: "true labels of 2x1 cannot be compared with predicted ones of 3x1") {
      try matrix.add(truth: Self.map([0, 1]), prediction: Self.map([0, 1, 1]))
    }
    expectError(.mismatch, containing: "true label 7 is none of the 2 classes 0 to 1") {
      try matrix.add(truth: Self.map([0, 7]), prediction: Self.map([0, 1]))
    }
    #expect(matrix.total == 0)
  }
}
