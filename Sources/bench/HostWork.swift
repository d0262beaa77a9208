import Tensors
import Vision

/// What the host does for a frame of one of NERONE's networks, tensors in memory: the input is filled, the output
/// becomes labels. The device between is left out, its output is made from a seed.
final class HostWork {
  /// A network by its sizes.
  struct Network: Sendable {
    /// The built-in card's name.
    let name: String
    /// The input, one frame.
    let input: Shape
    /// The output, one frame.
    let output: Shape
    /// Whether frames are pictures of 320 x 240 pixels, which are resized; else arrays of what the network expects.
    let takesPictures: Bool

    /// The four of the paper.
    static let all = [
      Network(name: "ctorg", input: Shape([256, 256, 1]), output: Shape([256, 256, 6]), takesPictures: false),
      Network(name: "brats", input: Shape([240, 240, 4]), output: Shape([240, 240, 4]), takesPictures: false),
      Network(name: "prostate", input: Shape([256, 256, 1]), output: Shape([256, 256, 3]), takesPictures: false),
      Network(name: "bccd", input: Shape([200, 250, 3]), output: Shape([1, 1, 4]), takesPictures: true),
    ]
    /// Of all four inputs.
    static let fixPoint = FixPoint(6)
  }

  /// Which network.
  let network: Network
  /// Numbers that the network expects, 0 to 1.
  let values: NumpyArray
  /// Measured values, of which the card makes such numbers.
  let measured: NumpyArray
  /// Samples of the network's size.
  let samples: NumpyArray
  /// A picture that has to be resized.
  let picture: Picture?
  /// The device's output.
  let scores: [Int8]
  /// As the built-in card says.
  let preprocessor: Preprocessor
  /// The same, but floats are measured values.
  let measuring: Preprocessor
  /// The device's input.
  let buffer: UnsafeMutableBufferPointer<Int8>
  private var labels = LabelMap(width: 1, height: 1, labels: [0])

  /// Makes a frame from a seed.
  init(_ network: Network) throws {
    self.network = network
    var random = SeededGenerator(seed: 20_250_001)
    let count = network.input.elementCount
    let numbers = (0..<count).map { _ in Float.random(in: 0...1, using: &random) }
    values = NumpyArray(shape: network.input, float32: numbers)
    measured = NumpyArray(shape: network.input, float32: numbers.map { $0 * 2000 - 700 })
    samples = NumpyArray(shape: network.input, uint8: numbers.map { UInt8($0 * 255) })
    scores = random.int8s(network.output.elementCount)
    picture =
      network.takesPictures
      ? Picture(
        width: 320, height: 240, layout: .rgb, samples: random.int8s(320 * 240 * 3).map { UInt8(bitPattern: $0) }) : nil
    guard let card = BuiltInCard.all.first(where: { $0.name == network.name })?.card else {
      preconditionFailure("there is no built-in card \(network.name)")
    }
    let input = Shape([1] + network.input.dimensions)
    preprocessor = try Preprocessor(input: input, fixPoint: Network.fixPoint, card: card)
    // Fixed maps: what percentiles cost is the search for them.
    let json = """
      {"name": "measured", "task": "segmentation", "colors": "channels", "floats": "raw",
       "values": {"mapping": "window", "low": -500, "high": 1000}}
      """
    measuring = try Preprocessor(
      input: input, fixPoint: Network.fixPoint, card: ModelCard(decoding: Array(json.utf8)))
    buffer = .allocate(capacity: count)
    buffer.initialize(repeating: 0)
  }

  deinit { buffer.deallocate() }

  /// Fills the input and takes the labels, or the class.
  ///
  /// - Returns: A label, so that nothing of it can be left out.
  @discardableResult
  func run() throws -> Int {
    if let picture {
      _ = try preprocessor.fill(buffer, from: picture)
      return scores.withUnsafeBufferPointer { argmax($0) }
    }
    _ = try preprocessor.fill(buffer, from: values)
    let result = scores.withUnsafeBufferPointer { scores in
      Result { () throws(VisionError) in try labels.takeArgmax(of: scores, shape: network.output) }
    }
    try result.get()
    return Int(labels.labels[0])
  }
}
