import Tensors
import Testing
import Vision

/// What is shown to people of what a network got and gave.
@Suite struct PictureShowingTests {
  /// A picture in which every sample has its own value somewhere.
  static func picture(_ layout: Picture.Layout) -> Picture {
    let count = 32 * 24 * layout.rawValue
    return Picture(
      width: 32, height: 24, layout: layout, samples: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) })
  }

  static func card(_ colors: String, _ values: String, pictures: String = "values") throws -> ModelCard {
    try ModelCard(
      decoding: Array(
        """
        {"name": "test", "task": "segmentation", "colors": "\(colors)", "values": \(values), "pictures": "\(pictures)"}
        """.utf8))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let colors: String
    let values: String
    var pictures = "values"
    var exponent = 7
    /// How far a sample may be off, since the network's input has fewer steps than a picture.
    let tolerance: Int
    var testDescription: String { "\(colors) \(values)" }
  }

  static let cases: [Case] = [
    Case(colors: "rgb", values: #"{"mapping": "scale", "divisor": 255}"#, tolerance: 2),
    Case(colors: "bgr", values: #"{"mapping": "scale", "divisor": 127.5, "offset": -1}"#, exponent: 6, tolerance: 2),
    Case(colors: "grey", values: #"{"mapping": "window", "low": 0, "high": 255}"#, exponent: 6, tolerance: 2),
    Case(
      colors: "grey", values: #"{"mapping": "window", "low": -500, "high": 1000}"#, pictures: "window", exponent: 6,
      tolerance: 2),
    Case(
      colors: "rgb",
      values: #"{"mapping": "standardize", "divisor": 255, "mean": [0.5, 0.4, 0.3], "deviation": [0.2, 0.3, 0.25]}"#,
      exponent: 5, tolerance: 3),
  ]

  @Test("a picture that went through a card is seen as it was, up to the steps of the input", arguments: cases)
  func backwards(_ test: Case) throws {
    let picture = Self.picture(test.colors == "grey" ? .grey : .rgb)
    let card = try Self.card(test.colors, test.values, pictures: test.pictures)
    let shape = Shape([24, 32, picture.channels])
    let fixPoint = FixPoint(test.exponent)
    let preprocessor = try Preprocessor(input: Shape([1] + shape.dimensions), fixPoint: fixPoint, card: card)
    var input = [Int8](repeating: 0, count: shape.elementCount)
    try input.withUnsafeMutableBufferPointer { _ = try preprocessor.fill($0, from: picture) }
    let seen = try input.withUnsafeBufferPointer { try card.picture(of: $0, shape: shape, fixPoint: fixPoint) }
    #expect(seen.layout == picture.layout && seen.width == 32 && seen.height == 24)
    let worst = zip(seen.samples, picture.samples).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(worst <= test.tolerance, "a sample is off by \(worst)")
    let real = input.map { Float($0) * fixPoint.step }
    let same = try real.withUnsafeBufferPointer { try card.picture(of: $0, shape: shape) }
    #expect(same == seen, "real numbers show the same as int8")
  }

  @Test("of channels that are no colours the first is seen, over its whole range")
  func channels() throws {
    let card = try Self.card("channels", #"{"mapping": "scale"}"#)
    let input: [Float] = [-3, 9, 1, .nan, 5, 0, .infinity, 2]
    let seen = try input.withUnsafeBufferPointer { try card.picture(of: $0, shape: Shape([2, 2, 2])) }
    #expect(seen.layout == .grey)
    #expect(seen.samples == [0, 128, 255, 255])
    let flat: [Float] = [4, 4, 4, 4]
    #expect(
      try flat.withUnsafeBufferPointer { try card.picture(of: $0, shape: Shape([2, 2, 1])) }.samples == [0, 0, 0, 0])
  }

  @Test("a shape that is no picture, or has other channels, is refused in words")
  func refusals() throws {
    let card = try Self.card("rgb", #"{"mapping": "scale"}"#)
    let input = [Float](repeating: 0, count: 8)
    for (shape, words) in [(Shape([8]), "is none"), (Shape([2, 4, 1]), "which are 3 channels, the input has 1")] {
      let result: Result<Picture, VisionError> = input.withUnsafeBufferPointer { input in
        Result { () throws(VisionError) in try card.picture(of: input, shape: shape) }
      }
      expectError(.mismatch, containing: words) { try result.get() }
    }
  }

  @Test("a JPEG is decoded to what was encoded, edges of colours included", arguments: [1, 3])
  func jpeg(_ channels: Int) throws {
    let (black, orange): ([UInt8], [UInt8]) = channels == 1 ? ([0], [159]) : ([0, 0, 0], [230, 159, 0])
    let samples = (0..<40 * 20).flatMap { $0 % 40 < 16 ? orange : black }
    let picture = Picture(width: 40, height: 20, layout: channels == 1 ? .grey : .rgb, samples: samples)
    let decoded = try Picture(decoding: JPEGEncoder.encode(picture, quality: 90))
    #expect(decoded.layout == picture.layout && decoded.width == 40 && decoded.height == 20)
    let worst = zip(decoded.samples, picture.samples).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(worst <= 6, "a sample is off by \(worst)")
  }

  @Test("a picture that no JPEG can hold is refused in words")
  func jpegLimits() {
    let wide = Picture(width: 70_000, height: 1, layout: .grey, samples: [UInt8](repeating: 0, count: 70_000))
    expectError(.tooLarge, containing: "more than a JPEG holds") { try JPEGEncoder.encode(wide, quality: 90) }
  }

  @Test("the runs of a label map give the map back")
  func runs() {
    let lengths: [(label: UInt8, count: Int)] = [
      (0, 300), (7, 127), (3, 1), (255, 128), (1, 20_000), (2, 1), (3, 1), (2, 1),
    ]
    var labels: [UInt8] = []
    for run in lengths { labels += [UInt8](repeating: run.label, count: run.count) }
    let map = LabelMap(width: 1, height: labels.count, labels: labels)
    var unfolded: [UInt8] = []
    var runs = map.runs[...]
    while let label = runs.popFirst() {
      var (count, shift) = (0, 0)
      while let byte = runs.popFirst() {
        count |= Int(byte & 127) << shift
        shift += 7
        if byte < 128 { break }
      }
      unfolded += [UInt8](repeating: label, count: count)
    }
    #expect(unfolded == labels)
    #expect(map.runs.prefix(5) == [0, 0xAC, 0x02, 7, 127])
  }
}
