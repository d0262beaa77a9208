import Serving
import Tensors
import Vision

/// How the picture of a run is made: from what the model got and gave.
struct PicturePlan: Sendable {
  /// What is seen of one run.
  struct Seen {
    /// What the model got.
    let picture: Picture
    /// What it made of it, where that is a class for each pixel.
    let map: LabelMap?
    /// The best classes with their scores, best first, where it is not.
    let scores: [(label: String, value: Double)]
  }

  /// The card.
  let card: ModelCard
  /// The number of the output that says what is seen.
  let output: Int
  private let input: ServedTensor
  private let scores: ServedTensor
  private let frameShape: Shape

  /// How many classes are named.
  private static let mostScores = 8

  /// Plans the pictures of a model; `nil` for one whose input is none.
  ///
  /// - Parameters:
  ///   - card: Says what the input shows.
  ///   - inputs: The model's.
  ///   - outputs: The model's.
  init?(_ card: ModelCard, inputs: [ServedTensor], outputs: [ServedTensor]) {
    guard inputs.count == 1, inputs[0].shape.rank == 4, inputs[0].shape[0] == 1, let scores = outputs.first else {
      return nil
    }
    guard card.colors.channelCount.map({ $0 == inputs[0].shape[3] }) ?? true else { return nil }
    self.card = card
    self.scores = scores
    output = 0
    input = inputs[0]
    frameShape = Shape(Array(inputs[0].shape.dimensions.dropFirst()))
  }

  /// The colours of the labels.
  var palette: Palette { labelCount == card.palette.colors.count ? card.palette : Palette(labelCount: labelCount) }

  /// The names of the labels.
  var labels: [String] { (0..<labelCount).map { card.label($0) } }

  private var labelCount: Int { max(1, min(256, scores.shape.rank > 0 ? scores.shape[-1] : 1)) }

  /// Looks at a run.
  ///
  /// - Throws: `mismatch` where the output is no map of classes, although the card says so.
  func look(at run: PictureDesk.Run) throws(VisionError) -> Seen {
    let picture = try picture(run.inputs[0])
    switch card.task {
    case .segmentation: return Seen(picture: picture, map: try map(run.output), scores: [])
    case .classification, .regression: return Seen(picture: picture, map: nil, scores: best(run.output))
    }
  }

  private func picture(_ tensor: InputTensor) throws(VisionError) -> Picture {
    let bytes = [UInt8](unsafeUninitializedCapacity: input.byteCount) { buffer, count in
      _ = tensor.fill(UnsafeMutableRawBufferPointer(buffer))
      count = buffer.count
    }
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(VisionError) in
        if let fixPoint = input.fixPoint {
          return try card.picture(of: bytes.bindMemory(to: Int8.self), shape: frameShape, fixPoint: fixPoint)
        }
        return try card.picture(of: bytes.bindMemory(to: Float.self), shape: frameShape)
      }
    }
    return try result.get()
  }

  private func map(_ output: [UInt8]) throws(VisionError) -> LabelMap {
    let result = output.withUnsafeBytes { bytes in
      Result { () throws(VisionError) in
        scores.fixPoint == nil
          ? try LabelMap(argmaxOf: bytes.bindMemory(to: Float.self), shape: scores.shape)
          : try LabelMap(argmaxOf: bytes.bindMemory(to: Int8.self), shape: scores.shape)
      }
    }
    return try result.get()
  }

  private func best(_ output: [UInt8]) -> [(label: String, value: Double)] {
    let values: [Double] = output.withUnsafeBytes { bytes in
      guard let fixPoint = scores.fixPoint else { return bytes.bindMemory(to: Float.self).map(Double.init) }
      return bytes.bindMemory(to: Int8.self).map { Double($0) * Double(fixPoint.step) }
    }
    let isRegression = card.task == .regression
    let order = isRegression ? Array(values.indices) : values.indices.sorted { values[$0] > values[$1] }
    return order.prefix(PicturePlan.mostScores).map { (card.label($0), values[$0]) }
  }
}
