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

@Suite struct SpreadTests {
  @Test func deviationIsThatOfASample() {
    #expect(Spread([]) == nil)
    let one = Spread([3])
    #expect(one?.count == 1 && one?.mean == 3 && one?.deviation == nil)
    // Numbers 2, 4, 9: mean 5, squares 9 + 1 + 16 = 26 over 2.
    let three = Spread([2, 4, 9])
    #expect(three?.count == 3 && three?.mean == 5 && three?.deviation == 13.0.squareRoot())
  }
}

@Suite struct CaseScoresTests {
  private static func slice(_ truth: [UInt8], _ prediction: [UInt8]) throws -> ConfusionMatrix {
    var matrix = ConfusionMatrix(classCount: 4)
    try matrix.add(truth: truth, prediction: prediction)
    return matrix
  }

  /// Two cases: the first of two slices; class 2 is absent from the first, class 3 from both.
  private static func scores() throws -> CaseScores {
    var scores = CaseScores(classCount: 4)
    scores.add(.init(slices: [try slice([1, 1, 0, 0], [1, 0, 0, 0]), try slice([0, 0, 0, 1], [1, 0, 0, 1])]))
    scores.add(.init(slices: [try slice([2, 2, 1, 0], [2, 2, 0, 0])]))
    return scores
  }

  @Test func caseWithoutAClassIsLeftOutOfItsMean() throws {
    let scores = try Self.scores()
    #expect(scores.cases.map(\.sliceCount) == [2, 1])
    // Class 1: case 1 has 3 true, 3 predicted, 2 in common; case 2 has 1 true and none predicted.
    let first = 4.0 / 6
    #expect(scores.dice(1) == Spread([first, 0]))
    #expect(scores.dice(2) == Spread([1]))
    #expect(scores.dice(3) == nil)
    #expect(scores.intersectionOverUnion(1) == Spread([0.5, 0]))
    #expect(scores.foregroundDice == Spread([first, 0.5]))
    #expect(scores.accuracy == Spread([0.75, 0.75]))
    // Pooled: 4 true, 3 predicted, 2 in common.
    #expect(scores.pooled.dice(1) == 4.0 / 7)
    let overlap: Double? = 0.7
    #expect(scores.pooled.foregroundIntersectionOverUnion == overlap)
  }

  @Test func weightedDiceIsThatOfThePaper() throws {
    let scores = try Self.scores()
    // D + 1 smoothing: slices of class 1: (2+1)/(3+1) with weight 2, (2+1)/(3+1) with 1, (0+1)/(1+1) with 1;
    // class 2: (4+1)/(4+1) with 2.
    let ofClass1: Double = 2.75 / 4
    let ofAll: Double? = 4.75 / 6
    let ofSecondCase: Double = 2.5 / 3
    #expect(scores.weightedDice.score(1) == ofClass1)
    #expect(scores.weightedDice.score(2) == 1)
    #expect(scores.weightedDice.score(3) == nil)
    #expect(scores.weightedDice.score == ofAll)
    #expect(scores.weightedDiceOfCases == Spread([0.75, ofSecondCase]))
    #expect(FrequencyWeightedDice(classCount: 3).score == nil)
  }
}

@Suite struct RegressionErrorsTests {
  @Test func errorsAreThoseOfTheirDefinitions() {
    var errors = RegressionErrors()
    #expect(errors.meanAbsolutePercentageError == nil && errors.rootMeanSquareError == nil)
    errors.add(truth: [2, -4, 0, 8], prediction: [1, -5, 2, 8])
    // Differences 1, 1, -2, 0; shares 1/2, -1/4, none, 0.
    #expect(errors.count == 4 && errors.zeroCount == 1 && errors.notFiniteCount == 0)
    #expect(errors.meanAbsolutePercentageError == 25)
    let share: Double? = 25.0 / 3
    #expect(errors.meanPercentageError == share)
    let root: Double? = 1.5.squareRoot()
    #expect(errors.rootMeanSquareError == root)
    #expect(errors.meanAbsoluteError == 1)
  }

  @Test func numbersThatAreNoneAreCountedAndLeftOut() {
    var errors = RegressionErrors()
    errors.add(truth: [1, .nan, .infinity, 3], prediction: [.nan, 1, 2, 3])
    #expect(errors.count == 1 && errors.notFiniteCount == 3 && errors.rootMeanSquareError == 0)
    var sum = RegressionErrors()
    sum.add(truth: [1], prediction: [3])
    sum += errors
    #expect(sum.count == 2 && sum.notFiniteCount == 3 && sum.meanAbsoluteError == 1)
    #expect(sum.meanAbsolutePercentageError == 100 && sum.meanPercentageError == -100)
  }
}
