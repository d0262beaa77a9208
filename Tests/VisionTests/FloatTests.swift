import Tensors
import Testing
import Vision

/// Float inputs and outputs of models.
@Suite struct FloatTests {
  @Test("takes the greatest of float scores, the first of equal ones, never NaN")
  func labels() throws {
    let scores: [Float] = [0, 1, 1, .nan, -3, -2, .nan, .nan, .nan, -.infinity, .nan, .infinity]
    let map = try scores.withUnsafeBufferPointer { try LabelMap(argmaxOf: $0, shape: Shape([1, 2, 2, 3])) }
    #expect(map == LabelMap(width: 2, height: 2, labels: [1, 2, 0, 2]))
    #expect(throws: VisionError.self) {
      try scores.withUnsafeBufferPointer { try LabelMap(argmaxOf: $0, shape: Shape([12])) }
    }
  }

  @Test("gives the labels of int8 scores for the same numbers as floats")
  func sameAsInt8() throws {
    var random = SeededGenerator(seed: 12)
    let logits = random.int8s(20 * 30 * 7)
    let shape = Shape([20, 30, 7])
    let one = try logits.withUnsafeBufferPointer { try LabelMap(argmaxOf: $0, shape: shape) }
    let other = try logits.map { Float($0) * 0.25 }.withUnsafeBufferPointer { try LabelMap(argmaxOf: $0, shape: shape) }
    #expect(one == other, "seed 12")
  }

  @Test("makes probabilities of float scores, and leaves those that are")
  func scores() {
    let logits: [Int8] = [-5, 20, 3, 20]
    let fromInt8 = logits.withUnsafeBufferPointer { ClassScores(logits: $0, fixPoint: FixPoint(3)) }
    let floats = logits.map { Float($0) / 8 }
    let fromFloat = floats.withUnsafeBufferPointer { ClassScores(values: $0, areProbabilities: false) }
    #expect(fromFloat == fromInt8 && fromFloat.best == 1)
    let probabilities: [Float] = [0.25, 0.5, 0.25]
    let kept = probabilities.withUnsafeBufferPointer { ClassScores(values: $0, areProbabilities: true) }
    #expect(kept.probabilities == probabilities && kept.best == 1)
  }

  @Test("fills a float input frame by frame and counts what is no number")
  func input() throws {
    let input = FloatInput(input: Shape([1, 2, 2]))
    let array = NumpyArray(shape: Shape([2, 2, 2]), float32: [1, 2, 3, 4, 5, .nan, -.infinity, 8])
    #expect(try input.frameCount(of: .array(array)) == 2)
    var buffer = [Float](repeating: 0, count: 4)
    let report = try buffer.withUnsafeMutableBufferPointer { try input.fill($0, from: .array(array), frame: 1) }
    #expect(buffer[0] == 5 && buffer[1].isNaN && buffer[2] == -.infinity && buffer[3] == 8)
    #expect(report.notANumber == 1 && report.infinite == 1 && report.saturated == 0)
  }

  @Test("refuses pictures, integers and other shapes for a float input")
  func refusals() {
    let input = FloatInput(input: Shape([1, 2, 2]))
    let bad: [InputFile] = [
      .picture(Picture(width: 2, height: 2, layout: .grey, samples: [1, 2, 3, 4])),
      .array(NumpyArray(shape: Shape([2, 2]), int8: [1, 2, 3, 4])),
      .array(NumpyArray(shape: Shape([4]), float32: [1, 2, 3, 4])),
      .array(NumpyArray(shape: Shape([0, 2, 2]), float32: [])),
    ]
    for file in bad { #expect(throws: VisionError.self) { try input.frameCount(of: file) } }
  }

  @Test("shows a network's input as a picture: -128 black, 127 white, of many channels the first")
  func shown() {
    func shown(_ values: [Int8], _ shape: Shape) -> Picture? {
      var picture = Picture.onePixel
      return values.withUnsafeBufferPointer { picture.show($0, shape: shape) } ? picture : nil
    }
    let grey: [Int8] = [-128, 0, 127, 5]
    #expect(shown(grey, Shape([2, 2, 1])) == Picture(width: 2, height: 2, layout: .grey, samples: [0, 128, 255, 133]))
    #expect(
      shown(Array(grey[..<3]), Shape([1, 1, 3])) == Picture(width: 1, height: 1, layout: .rgb, samples: [0, 128, 255]))
    #expect(shown(grey, Shape([1, 2, 2])) == Picture(width: 2, height: 1, layout: .grey, samples: [0, 255]))
    #expect(shown(grey, Shape([4])) == nil)
  }
}
