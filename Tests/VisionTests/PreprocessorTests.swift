import Foundation
import Tensors
import Testing
import Threads
import Vision

@Suite struct PreprocessorTests {
  static func card(
    colors: String = "grey", values: String = #"{"mapping": "scale"}"#, resize: String? = nil, more: String = ""
  ) throws -> ModelCard {
    let size = resize.map { ", \"resize\": \($0)" } ?? ""
    let json = """
      {"name": "test", "task": "segmentation", "colors": "\(colors)", "values": \(values)\(size)\(more)}
      """
    return try ModelCard(decoding: Array(json.utf8))
  }

  /// Fills one frame, with a guard before and behind it that must stay.
  static func fill(
    _ preprocessor: Preprocessor, _ input: InputFile, frame: Int = 0
  ) throws -> (values: [Int8], report: ConversionReport) {
    let count = preprocessor.frameElementCount
    var memory = [Int8](repeating: 99, count: count + 8)
    let result: Result<ConversionReport, VisionError> = memory.withUnsafeMutableBufferPointer { memory in
      let buffer = UnsafeMutableBufferPointer(rebasing: memory[4..<4 + count])
      return Result { () throws(VisionError) in try preprocessor.fill(buffer, from: input, frame: frame) }
    }
    let report = try result.get()
    #expect(memory.prefix(4) + memory.suffix(4) == Array(repeating: 99, count: 8)[...], "written beyond the frame")
    return (Array(memory[4..<4 + count]), report)
  }

  static func grey(_ width: Int, _ samples: [UInt8]) -> InputFile {
    .picture(Picture(width: width, height: samples.count / width, layout: .grey, samples: samples))
  }

  @Test func samplesAreScaledRoundedAndSaturated() throws {
    let preprocessor = try Preprocessor(
      input: Shape([1, 1, 6, 1]), fixPoint: FixPoint(7),
      card: Self.card(values: #"{"mapping": "scale", "divisor": 255}"#))
    let (values, report) = try Self.fill(preprocessor, Self.grey(6, [0, 1, 3, 127, 254, 255]))
    // 1/255 * 128 = 0.502 → 1; 3/255 * 128 = 1.506 → 2; 254/255 * 128 = 127.498 → 127; 255 → 128 saturates
    #expect(values == [0, 1, 2, 64, 127, 127])
    #expect(report.saturated == 1 && report.notANumber == 0 && report.infinite == 0)
  }

  @Test("several threads fill frames at a time, each as if it were alone")
  func sharing() throws {
    let preprocessor = try Preprocessor(
      input: Shape([1, 8, 8, 1]), fixPoint: FixPoint(7),
      card: Self.card(
        values: #"{"mapping": "percentile", "low": 1, "high": 1}"#,
        resize: #"{"width": 8, "height": 8, "method": "bilinear"}"#))
    let inputs = (1...4).map { number in Self.grey(12, (0..<144).map { UInt8(truncatingIfNeeded: $0 * $0 * number) }) }
    let alone = try inputs.map { try Self.fill(preprocessor, $0).values }
    let results = Monitor<[Bool]>([])
    for (input, values) in zip(inputs, alone) {
      Thread {
        let isSame = (0..<400).allSatisfy { _ in (try? Self.fill(preprocessor, input).values) == values }
        results.update { $0.append(isSame) }
      }
      .start()
    }
    let all = results.wait(timeLimit: .seconds(60)) { $0.count == 4 ? $0 : nil }
    #expect(all == [true, true, true, true])
  }

  @Test func vartRoundingTruncatesAndWraps() throws {
    let preprocessor = try Preprocessor(
      input: Shape([1, 1, 6, 1]), fixPoint: FixPoint(7),
      card: Self.card(values: #"{"mapping": "scale", "divisor": 255}"#),
      rounding: .vart)
    let (values, report) = try Self.fill(preprocessor, Self.grey(6, [0, 1, 3, 127, 254, 255]))
    #expect(values == [0, 0, 1, 63, 127, -128])
    #expect(report.saturated == 1)
    let floats = NumpyArray(shape: Shape([1, 6, 1]), float32: [-0.9, 2, -1.01, 1e30, -.infinity, .nan])
    let (wrapped, losses) = try Self.fill(preprocessor, .array(floats))
    // -115.2 → -115; 256 → 0; -129.28 → -129 → 127; beyond 32 bits → 0
    #expect(wrapped == [-115, 0, 127, 0, 0, 0])
    #expect(losses.saturated == 3 && losses.infinite == 1 && losses.notANumber == 1)
  }

  @Test func negativeFixPointsWork() throws {
    let preprocessor = try Preprocessor(input: Shape([1, 1, 4, 1]), fixPoint: FixPoint(-2), card: Self.card())
    #expect(try Self.fill(preprocessor, Self.grey(4, [0, 2, 6, 255])).values == [0, 1, 2, 64])
  }

  @Test(arguments: [("rgb", [10, 20, 30, 40, 50, 60]), ("bgr", [30, 20, 10, 60, 50, 40])] as [(String, [Int8])])
  func channelsStandInTheCardsOrder(_ colors: String, _ expected: [Int8]) throws {
    let preprocessor = try Preprocessor(
      input: Shape([1, 1, 2, 3]), fixPoint: FixPoint(0), card: Self.card(colors: colors))
    let samples: [UInt8] = [10, 20, 30, 40, 50, 60]
    let picture = Picture(width: 2, height: 1, layout: .rgb, samples: samples)
    #expect(try Self.fill(preprocessor, .picture(picture)).values == expected)
    #expect(
      try Self.fill(preprocessor, .array(NumpyArray(shape: Shape([1, 2, 3]), uint8: samples))).values == expected)
    let wide = NumpyArray(
      element: .int16, shape: Shape([1, 1, 2, 3]), bytes: samples.flatMap { [$0, 0] })
    #expect(try Self.fill(preprocessor, .array(wide)).values == expected)
    // Grey goes to all three.
    let one = Picture(width: 2, height: 1, layout: .grey, samples: [7, 8])
    #expect(try Self.fill(preprocessor, .picture(one)).values == [7, 7, 7, 8, 8, 8])
  }

  @Test func standardizingIsPerChannelOfTheModel() throws {
    let values = #"{"mapping": "standardize", "divisor": 10, "mean": [1, 2, 3], "deviation": [1, 0.5, 2]}"#
    let preprocessor = try Preprocessor(
      input: Shape([1, 1, 1, 3]), fixPoint: FixPoint(1), card: Self.card(colors: "bgr", values: values))
    // Blue 50, green 40, red 30 → (5-1)/1, (4-2)/0.5, (3-3)/2, times 2
    let picture = Picture(width: 1, height: 1, layout: .rgb, samples: [30, 40, 50])
    #expect(try Self.fill(preprocessor, .picture(picture)).values == [8, 8, 0])
    let array = NumpyArray(element: .uint16, shape: Shape([1, 1, 3]), bytes: [30, 0, 40, 0, 50, 0])
    #expect(try Self.fill(preprocessor, .array(array)).values == [8, 8, 0])
  }

  @Test func colorBecomesBrightnessForAGreyModel() throws {
    let preprocessor = try Preprocessor(input: Shape([1, 1, 4, 1]), fixPoint: FixPoint(-1), card: Self.card())
    let picture = Picture(
      width: 4, height: 1, layout: .rgb, samples: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    // 76, 150, 29 and 255, halved with halves up
    #expect(try Self.fill(preprocessor, .picture(picture)).values == [38, 75, 15, 127])
  }

  @Test func picturesAreResizedThenMapped() throws {
    var random = SeededGenerator(seed: 5)
    let samples = (0..<13 * 9 * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
    let picture = Picture(width: 13, height: 9, layout: .rgb, samples: samples)
    for method in [Resampling.bilinear, .nearest] {
      let card = try Self.card(
        colors: "bgr", values: #"{"mapping": "scale", "divisor": 255}"#,
        resize: "{\"width\": 8, \"height\": 5, \"method\": \"\(method.rawValue)\"}")
      let preprocessor = try Preprocessor(input: Shape([1, 5, 8, 3]), fixPoint: FixPoint(6), card: card)
      let resized = picture.resized(width: 8, height: 5, by: method)
      let expected = (0..<40).flatMap { pixel in
        [2, 1, 0].map { FixPoint(6).quantize(Float(resized.samples[pixel * 3 + $0]) / 255) }
      }
      #expect(try Self.fill(preprocessor, .picture(picture)).values == expected)
    }
  }

  @Test func windowsClamp() throws {
    let card = try Self.card(values: #"{"mapping": "window", "low": -500, "high": 1000}"#)
    let preprocessor = try Preprocessor(input: Shape([1, 1, 5, 1]), fixPoint: FixPoint(6), card: card)
    let values: [Int16] = [-1024, -500, 250, 1000, 3000]
    let array = NumpyArray(element: .int16, shape: Shape([1, 5]), bytes: values.withUnsafeBytes { Array($0) })
    let (result, report) = try Self.fill(preprocessor, .array(array))
    #expect(result == [-64, -64, 0, 64, 64])
    #expect(report.isClean)
  }

  @Test func picturesOfAWindowSpanIt() throws {
    let card = try Self.card(
      values: #"{"mapping": "window", "low": -500, "high": 1000}"#, more: #", "pictures": "window""#)
    let preprocessor = try Preprocessor(input: Shape([1, 1, 3, 1]), fixPoint: FixPoint(6), card: card)
    #expect(try Self.fill(preprocessor, Self.grey(3, [0, 128, 255])).values == [-64, 0, 64])
  }

  @Test func percentilesSaturateTheirShare() throws {
    // 100 pixels 0 to 99: one percent below and above are the pixels 0 and 99, so 1 becomes -1 and 98 becomes 1.
    let card = try Self.card(values: #"{"mapping": "percentile", "low": 1, "high": 1}"#)
    let preprocessor = try Preprocessor(input: Shape([1, 10, 10, 1]), fixPoint: FixPoint(6), card: card)
    let samples = (0..<100).map { UInt8($0 * 37 % 100) }
    let expected = samples.map { sample -> Int8 in
      let share = max(0, min(1, (Double(sample) - 1) / 97))
      return FixPoint(6).quantize(Float(share * 2 - 1))
    }
    #expect(try Self.fill(preprocessor, Self.grey(10, samples)).values == expected)
    let wide = NumpyArray(element: .uint16, shape: Shape([10, 10]), bytes: samples.flatMap { [$0, 0] })
    #expect(try Self.fill(preprocessor, .array(wide)).values == expected)
    // One colour has no range; it becomes the middle.
    #expect(try Self.fill(preprocessor, Self.grey(10, Array(repeating: 9, count: 100))).values.allSatisfy { $0 == 0 })
  }

  @Test(arguments: 0..<20)
  func percentilesAreThoseOfTheSortedValues(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 2...500, using: &random)
    // Few distinct values, of both signs and very different sizes, so that equal ones and borders occur.
    let some = (0..<40).map { _ in
      Float.random(in: -1...1, using: &random) * Float(1 << Int.random(in: 0...20, using: &random))
    }
    let values = (0..<count).map { _ in some[Int.random(in: 0..<40, using: &random)] }
    let share = [0, 1, 2.5, 10, 49][Int.random(in: 0..<5, using: &random)]
    let card = try Self.card(
      values: "{\"mapping\": \"percentile\", \"low\": \(share), \"high\": \(share)}", more: ", \"floats\": \"raw\"")
    let preprocessor = try Preprocessor(input: Shape([1, 1, count, 1]), fixPoint: FixPoint(6), card: card)
    let sorted = values.sorted()
    let cut = Int(Double(count) * share / 100)
    let (low, high) = (Double(sorted[cut]), Double(sorted[count - 1 - cut]))
    let (found, report) = try Self.fill(preprocessor, .array(NumpyArray(shape: Shape([1, count]), float32: values)))
    #expect(report.isClean)
    for (value, result) in zip(values, found) {
      let expected = high > low ? max(-1, min(1, (Double(value) - low) / (high - low) * 2 - 1)) * 64 : 0
      #expect(abs(Double(result) - expected) < 0.51, "\(value) in \(low)...\(high), seed \(seed)")
    }
  }

  @Test func percentilesOfChannelsAreTakenApart() throws {
    let card = try Self.card(
      colors: "channels", values: #"{"mapping": "percentile", "low": 0, "high": 0, "scope": "channel"}"#)
    let preprocessor = try Preprocessor(input: Shape([1, 1, 3, 2]), fixPoint: FixPoint(6), card: card)
    let samples: [UInt8] = [0, 100, 5, 150, 10, 200]
    let expected: [Int8] = [-64, -64, 0, 0, 64, 64]
    #expect(
      try Self.fill(preprocessor, .array(NumpyArray(shape: Shape([1, 3, 2]), uint8: samples))).values == expected)
    let wide = NumpyArray(element: .int32, shape: Shape([1, 3, 2]), bytes: samples.flatMap { [$0, 0, 0, 0] })
    #expect(try Self.fill(preprocessor, .array(wide)).values == expected)
  }

  @Test func int8ArraysAreTakenAsTheyAre() throws {
    let preprocessor = try Preprocessor(input: Shape([1, 2, 2, 1]), fixPoint: FixPoint(3), card: nil)
    let array = NumpyArray(shape: Shape([2, 2, 2, 1]), int8: [1, -2, 3, -4, 5, -6, 127, -128])
    let plan = try preprocessor.plan(for: array)
    #expect(plan.treatment == .rawFixedPoint && plan.frameCount == 2)
    #expect(try preprocessor.frameCount(of: .array(array)) == 2)
    #expect(try Self.fill(preprocessor, .array(array), frame: 0).values == [1, -2, 3, -4])
    #expect(try Self.fill(preprocessor, .array(array), frame: 1).values == [5, -6, 127, -128])
  }

  @Test func floatsOfTheModelsSizeAreNetworkValues() throws {
    let preprocessor = try Preprocessor(input: Shape([1, 1, 8, 1]), fixPoint: FixPoint(6), card: nil)
    let numbers: [Float] = [0, 0.5, -0.0078125, 1.984375, 2, -2.1, .nan, -.infinity]
    for shape in [Shape([8]), Shape([1, 8]), Shape([1, 8, 1]), Shape([1, 1, 8, 1])] where shape.rank > 1 {
      let (values, report) = try Self.fill(preprocessor, .array(NumpyArray(shape: shape, float32: numbers)))
      // -0.5 is rounded up to 0; 128 and -134.4 saturate
      #expect(values == [0, 32, 0, 127, 127, -128, 0, -128])
      #expect(report.saturated == 2 && report.notANumber == 1 && report.infinite == 1)
    }
  }

  @Test func floatsGoThroughTheCardWhereItSaysSoOrTheSizeDiffers() throws {
    let window = #"{"mapping": "window", "low": 0, "high": 100}"#
    let size = #"{"width": 2, "height": 1}"#
    let normalized = try Preprocessor(
      input: Shape([1, 1, 2, 1]), fixPoint: FixPoint(6), card: Self.card(values: window, resize: size))
    let raw = try Preprocessor(
      input: Shape([1, 1, 2, 1]), fixPoint: FixPoint(6),
      card: Self.card(values: window, resize: size, more: #", "floats": "raw""#))
    let fitting = NumpyArray(shape: Shape([1, 2, 1]), float32: [0.25, 1])
    #expect(try normalized.plan(for: fitting).treatment == .networkValues)
    #expect(try Self.fill(normalized, .array(fitting)).values == [16, 64])
    #expect(try raw.plan(for: fitting).treatment == .measuredValues)
    #expect(try Self.fill(raw, .array(fitting)).values == [-64, -63])
    // Twice as wide: each new pixel is the mean of two.
    let wider = NumpyArray(shape: Shape([1, 4, 1]), float32: [0, 50, 100, 1000])
    #expect(try normalized.plan(for: wider).treatment == .measuredValues)
    #expect(try Self.fill(normalized, .array(wider)).values == [-32, 64])
  }

  @Test func notANumberBecomesZeroAndDoesNotSpread() throws {
    let card = try Self.card(
      values: #"{"mapping": "window", "low": 0, "high": 100}"#, resize: #"{"width": 2, "height": 1}"#)
    let preprocessor = try Preprocessor(input: Shape([1, 1, 2, 1]), fixPoint: FixPoint(6), card: card)
    let array = NumpyArray(shape: Shape([1, 4, 1]), float32: [.nan, 100, .infinity, -.infinity])
    let (values, report) = try Self.fill(preprocessor, .array(array))
    #expect(values == [32, 0])  // means of 0 and 64, of 64 and -64
    #expect(report.notANumber == 1 && report.infinite == 2 && report.saturated == 0)
  }

  @Test func infinityThatPassesTheMappingIsCountedOnce() throws {
    let preprocessor = try Preprocessor(
      input: Shape([1, 1, 3, 1]), fixPoint: FixPoint(6), card: Self.card(more: #", "floats": "raw""#))
    let array = NumpyArray(shape: Shape([1, 3]), float32: [.infinity, -.infinity, 2])
    let (values, report) = try Self.fill(preprocessor, .array(array))
    #expect(values == [127, -128, 127])
    #expect(report.infinite == 2 && report.saturated == 1)
  }

  @Test func infinityInAFrameWithoutRangeBecomesZero() throws {
    let card = try Self.card(values: #"{"mapping": "percentile", "low": 0, "high": 0}"#, more: #", "floats": "raw""#)
    let preprocessor = try Preprocessor(input: Shape([1, 1, 3, 1]), fixPoint: FixPoint(6), card: card)
    for other: Float in [7, .nan] {
      let array = NumpyArray(shape: Shape([1, 3]), float32: [.infinity, other, other])
      let (values, report) = try Self.fill(preprocessor, .array(array))
      #expect(values == [0, 0, 0])
      #expect(report.infinite == 1)
    }
  }

  /// Arrays and pictures that do not fit a model of 2 x 2 x 1 at hand, without and with a card.
  @Test func whatDoesNotFitIsSaidWithBothShapes() throws {
    let bare = try Preprocessor(input: Shape([1, 2, 2, 1]), fixPoint: FixPoint(6), card: nil)
    let carded = try Preprocessor(input: Shape([1, 2, 2, 1]), fixPoint: FixPoint(6), card: Self.card())
    func array(_ element: NumpyArray.Element, _ shape: [Int]) -> InputFile {
      let shape = Shape(shape)
      return .array(
        NumpyArray(
          element: element, shape: shape, bytes: Array(repeating: 0, count: shape.elementCount * element.byteCount)))
    }
    let cases: [(Preprocessor, InputFile, String)] = [
      (bare, array(.int8, [3, 3, 1]), "array of shape 3x3x1 (int8), the model takes 2x2x1"),
      (
        bare, array(.float32, [3, 3, 1]),
        "shape 3x3x1 (float32), the model takes 2x2x1 or a batch of it, and the model has no card"
      ),
      (bare, array(.uint8, [2, 2, 1]), "no card that says what uint8 values mean"),
      (bare, array(.int16, [2, 2]), "no card that says what int16 values mean"),
      (bare, array(.int8, [2, 2, 3]), "shape 2x2x3"),
      (bare, array(.int8, [5, 2, 2]), "several frames as [n, h, w, 1]"),
      (bare, array(.int8, [0, 2, 2, 1]), "it is empty"),
      (bare, array(.int8, [4]), "shape 4 (int8)"),
      (bare, array(.int8, [1, 1, 1, 2, 2, 1]), "shape 1x1x1x2x2x1"),
      (bare, Self.grey(2, [1, 2, 3, 4]), "the model has no card that says how it becomes the input 2x2x1"),
      (
        carded, Self.grey(3, [1, 2, 3]),
        "3 wide x 1 high, the model takes 2 wide x 2 high, and card \"test\" has no `resize`"
      ),
      (carded, array(.int8, [3, 3, 1]), "array of shape 3x3x1"),
      (carded, array(.uint8, [3, 3, 1]), "has no `resize`"),
    ]
    for (preprocessor, input, words) in cases {
      expectError(.mismatch, containing: words) { try Self.fill(preprocessor, input) }
    }
  }

  @Test func cardsThatDoNotFitTheModelAreRefused() throws {
    func plan(_ input: [Int], _ card: ModelCard) throws -> Preprocessor {
      try Preprocessor(input: Shape(input), fixPoint: FixPoint(6), card: card)
    }
    let resizing = try Self.card(resize: #"{"width": 8, "height": 5}"#)
    expectError(.mismatch, containing: "resizes to 8 wide x 5 high, the model takes 5 wide x 8 high") {
      try plan([1, 8, 5, 1], resizing)
    }
    expectError(.mismatch, containing: "colors \"grey\", which are 1 channels, the model takes 3") {
      try plan([1, 5, 8, 3], resizing)
    }
    expectError(.mismatch, containing: "is for pictures; the model's input 1x100 is none") {
      try plan([1, 100], resizing)
    }
    let standard = try Self.card(
      colors: "channels", values: #"{"mapping": "standardize", "mean": [1, 2], "deviation": [1, 2]}"#)
    expectError(.mismatch, containing: "means for 2 channels, the model takes 4") { try plan([1, 2, 2, 4], standard) }
    let channels = try plan([1, 1, 1, 4], Self.card(colors: "channels"))
    expectError(.mismatch, containing: "picture of 1 channels, the model takes 4") {
      try Self.fill(channels, Self.grey(1, [1]))
    }
  }

  @Test func filesAreToldApartByContent() throws {
    let preprocessor = try Preprocessor(input: Shape([1, 1, 2, 1]), fixPoint: FixPoint(0), card: Self.card())
    let picture = Picture(width: 2, height: 1, layout: .grey, samples: [3, 4])
    let png = try InputFile(decoding: picture.encodedAsPNG(), path: "a.npy")
    #expect(try Self.fill(preprocessor, png).values == [3, 4])
    let npy = try InputFile(decoding: NumpyArray(shape: Shape([1, 2]), int8: [5, 6]).encoded(), path: "a.png")
    #expect(try Self.fill(preprocessor, npy).values == [5, 6])
    expectError(.unknownFormat, containing: "a.png: is not a JPEG, PNG or NPY file: it begins with 42 4d") {
      try InputFile(decoding: [0x42, 0x4D], path: "a.png")
    }
    #expect(InputFile.hasKnownExtension("a/B.JPG") && !InputFile.hasKnownExtension("a/png"))
  }
}
