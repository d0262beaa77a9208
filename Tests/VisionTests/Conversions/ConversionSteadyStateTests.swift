import CAllocationCounter
import Tensors
import Testing
import Vision

/// What a frame costs in memory once sizes are known: nothing.
@Suite(.enabled(if: allocation_counter_works(), "malloc is not counted here"))
struct ConversionSteadyStateTests {
  /// A way into a model.
  enum Way: String, CaseIterable, Sendable {
    case networkFloats, halfFloats, windowedFloats, percentileFloats, resizedFloats, bytes, resizedPicture
    case nearestPicture, greyPicture, percentilePicture, turnedPicture, int8
  }

  private static let size = #"{"width": 20, "height": 16}"#
  private static let nearest = #"{"width": 20, "height": 16, "method": "nearest"}"#
  private static let window = #"{"mapping": "window", "low": 0, "high": 1}"#
  private static let percentile = #"{"mapping": "percentile", "low": 1, "high": 1, "scope": "channel"}"#
  private static let divided = #"{"mapping": "scale", "divisor": 255}"#

  private static func samples(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) } }

  private static func floats(_ shape: [Int]) -> InputFile {
    let shape = Shape(shape)
    return .array(NumpyArray(shape: shape, float32: (0..<shape.elementCount).map { Float($0 % 91) / 91 }))
  }

  private static func picture(_ width: Int, _ height: Int, _ layout: Picture.Layout) -> InputFile {
    .picture(
      Picture(width: width, height: height, layout: layout, samples: samples(width * height * layout.rawValue)))
  }

  private static func prepared(_ way: Way) throws -> (Preprocessor, InputFile) {
    func make(
      _ channels: Int, colors: String = "grey", values: String = divided, resize: String? = nil, more: String = ""
    ) throws -> Preprocessor {
      try Preprocessor(
        input: Shape([1, 16, 20, channels]), fixPoint: FixPoint(7),
        card: PreprocessorTests.card(colors: colors, values: values, resize: resize, more: more))
    }
    let raw = #", "floats": "raw""#
    switch way {
    case .networkFloats: return (try make(3, colors: "rgb"), floats([2, 16, 20, 3]))
    case .halfFloats:
      let array = NumpyArray(element: .float16, shape: Shape([16, 20, 1]), bytes: samples(640))
      return (try make(1), .array(array))
    case .windowedFloats: return (try make(3, colors: "bgr", values: window, more: raw), floats([16, 20, 3]))
    case .percentileFloats:
      return (try make(4, colors: "channels", values: percentile, more: raw), floats([16, 20, 4]))
    case .resizedFloats: return (try make(1, values: window, resize: size), floats([33, 31]))
    case .bytes:
      let array = NumpyArray(shape: Shape([2, 16, 20, 1]), uint8: samples(640))
      return (try make(1), .array(array))
    case .resizedPicture: return (try make(3, colors: "bgr", resize: size), picture(33, 31, .rgb))
    case .nearestPicture: return (try make(3, colors: "rgb", resize: nearest), picture(33, 31, .rgb))
    case .greyPicture: return (try make(1, resize: size), picture(33, 31, .rgb))
    case .percentilePicture:
      return (try make(3, colors: "bgr", values: percentile, resize: size), picture(33, 31, .rgb))
    case .turnedPicture: return (try make(3, colors: "rgb", resize: size), picture(33, 31, .grey))
    case .int8:
      let array = NumpyArray(shape: Shape([16, 20, 1]), int8: [Int8](repeating: 3, count: 320))
      return (try make(1), .array(array))
    }
  }

  @Test("filling a frame allocates nothing", arguments: Way.allCases)
  func filling(way: Way) throws {
    let (preprocessor, input) = try Self.prepared(way)
    var buffer = [Int8](repeating: 0, count: preprocessor.frameElementCount)
    let grown = try buffer.withUnsafeMutableBufferPointer { buffer in
      for _ in 0..<3 { _ = try preprocessor.fill(buffer, from: input) }
      let before = allocation_count_of_this_thread()
      for _ in 0..<20 { _ = try preprocessor.fill(buffer, from: input) }
      return allocation_count_of_this_thread() - before
    }
    #expect(grown == 0)
    #expect(Set(buffer).count > 1 || way == .int8, "something was written")
  }

  @Test("labels taken into a map that is used again allocate nothing", arguments: [2, 3, 4, 6, 19])
  func labels(classes: Int) throws {
    let shape = Shape([1, 40, 30, classes])
    var random = SeededGenerator(seed: UInt64(classes))
    let scores = random.int8s(shape.elementCount)
    try scores.withUnsafeBufferPointer { scores in
      let expected = try LabelMap(argmaxOf: scores, shape: shape)
      var map = LabelMap(width: 1, height: 1, labels: [0])
      try map.takeArgmax(of: scores, shape: shape)
      let before = allocation_count_of_this_thread()
      for _ in 0..<20 { try map.takeArgmax(of: scores, shape: shape) }
      #expect(allocation_count_of_this_thread() == before)
      #expect(map == expected)
    }
  }

  @Test("a map that others hold is left to them")
  func sharedLabels() throws {
    let one: [Int8] = [1, 2, 4, 3], other: [Int8] = [2, 1, 3, 4]
    let shape = Shape([1, 2, 2])
    var map = try one.withUnsafeBufferPointer { try LabelMap(argmaxOf: $0, shape: shape) }
    let kept = map
    try other.withUnsafeBufferPointer { try map.takeArgmax(of: $0, shape: shape) }
    #expect(kept.labels == [1, 0] && map.labels == [0, 1])
    #expect(throws: VisionError.self) {
      try other.withUnsafeBufferPointer { try map.takeArgmax(of: $0, shape: Shape([4])) }
    }
    #expect(map.labels == [0, 1])
  }
}
