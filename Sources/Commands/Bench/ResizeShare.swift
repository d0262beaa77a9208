import Devices
import Inference
import Tensors
import Vision

/// How much of preprocessing a frame is due to its size: what is saved where the frame has the model's size already.
///
/// The frame of the phases in memory is filled as it is and in the model's size, in turn, before anything else is measured:
/// the median of the differences of processor time, over the median of the whole. Besides resizing, all else that
/// grows with a picture is in it, such as turning colours to grey.
struct ResizeShare: Sendable {
  /// Width and height.
  typealias Size = (width: Int, height: Int)

  /// The part of preprocessing, 0 to 1.
  let share: Double
  /// The size of the first input that is resized, and the model's.
  let source: Size
  let target: Size

  /// The least part that is worth a hint.
  static let mentioned = 0.2
  private static let mostRounds = 15
  private static let leastRounds = 5
  private static let longest = Duration.milliseconds(300)

  /// Measures a frame.
  ///
  /// - Parameter buffers: The inputs of a job, left with any content.
  /// - Returns: `nil` where nothing is resized, or the frame can't be had in the model's size.
  /// - Throws: Where the frame can't be used.
  init?(of frame: [InputFile], paths: [String], _ loaded: LoadedModel, _ buffers: JobSlot) throws {
    var reduced = frame
    var sizes: (source: Size, target: Size)?
    for index in frame.indices {
      guard case .fixedPoint(let preprocessor) = loaded.feeders[index], preprocessor.frameShape.rank == 3,
        let source = loaded.feeders[index].sourceSize(of: frame[index])
      else { continue }
      let target = (width: preprocessor.frameShape[1], height: preprocessor.frameShape[0])
      guard source != target else { continue }
      guard let file = frame[index].inSize(target, of: source, for: preprocessor) else { return nil }
      reduced[index] = file
      sizes = sizes ?? (source, target)
    }
    guard let sizes else { return nil }
    func fill(_ files: [InputFile]) throws -> Duration {
      var times = StageTimes()
      _ = try times.measure(.preprocess) { try loaded.fill(buffers, from: files, paths: paths, frame: 0) }
      return times.processorTime(of: .preprocess)
    }
    // Memory and tables are there from the second time on.
    for files in [frame, reduced] { _ = try fill(files) }
    var (whole, saved): ([Double], [Double]) = ([], [])
    let start = ContinuousClock.now
    while whole.count < Self.leastRounds
      || whole.count < Self.mostRounds && ContinuousClock.now - start < Self.longest
    {
      let (asItIs, inSize) = (try fill(frame).seconds, try fill(reduced).seconds)
      whole.append(asItIs)
      saved.append(asItIs - inSize)
    }
    guard whole.median > 0 else { return nil }
    share = max(0, min(1, saved.median / whole.median))
    (source, target) = sizes
  }

  /// What a hint adds to the time of preprocessing, `nil` where it is not worth mentioning.
  var advice: String? {
    guard share >= Self.mentioned else { return nil }
    return "about \((share * 100).formatted(decimals: 0)) % of it resizing from \(source.width) x \(source.height) to "
      + "\(target.width) x \(target.height) and what else grows with the picture (measured on one frame alone): give pictures "
      + "in the model's size"
  }
}

extension InputFile {
  /// The first frame in another size, by its nearest pixels.
  ///
  /// - Returns: `nil` for an array that would be taken otherwise in that size.
  fileprivate func inSize(_ target: ResizeShare.Size, of source: ResizeShare.Size, for preprocessor: Preprocessor)
    -> InputFile?
  {
    switch self {
    case .picture(let picture):
      return .picture(picture.resized(width: target.width, height: target.height, by: .nearest))
    case .array(let array):
      guard let plan = try? preprocessor.plan(for: array), plan.frameCount > 0 else { return nil }
      let channels = array.shape.elementCount / plan.frameCount / (source.width * source.height)
      let pixel = channels * array.element.byteCount
      var bytes: [UInt8] = []
      bytes.reserveCapacity(target.width * target.height * pixel)
      for y in 0..<target.height {
        let line = y * source.height / target.height * source.width
        for x in 0..<target.width {
          let from = (line + x * source.width / target.width) * pixel
          bytes += array.bytes[from..<from + pixel]
        }
      }
      let resized = NumpyArray(
        element: array.element, shape: Shape([1, target.height, target.width, channels]), bytes: bytes)
      guard (try? preprocessor.plan(for: resized))?.treatment == plan.treatment else { return nil }
      return .array(resized)
    }
  }
}
