import Devices
import Tensors
import Vision

/// What fills one input of a model from files.
enum InputFeeder {
  /// int8, through a card where there is one.
  case fixedPoint(Preprocessor)
  /// float32, as it is.
  case floats(FloatInput)

  /// Plans the feeding of an input.
  ///
  /// - Throws: `mismatch` where the card is not for this input.
  init(_ port: TensorPort, card: ModelCard?, rounding: Rounding) throws(VisionError) {
    if let fixPoint = port.fixPoint, port.elementType == .int8 {
      self = .fixedPoint(try Preprocessor(input: port.shape, fixPoint: fixPoint, card: card, rounding: rounding))
    } else {
      self = .floats(FloatInput(input: port.shape))
    }
  }

  /// The frames that a file gives.
  func frameCount(of file: InputFile) throws(VisionError) -> Int {
    switch self {
    case .fixedPoint(let preprocessor): try preprocessor.frameCount(of: file)
    case .floats(let input): try input.frameCount(of: file)
    }
  }

  /// Fills the input's buffer with a frame.
  func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from file: InputFile, frame: Int
  ) throws(VisionError) -> ConversionReport {
    switch self {
    case .fixedPoint(let preprocessor):
      try preprocessor.fill(buffer.bindMemory(to: Int8.self), from: file, frame: frame)
    case .floats(let input): try input.fill(buffer.bindMemory(to: Float.self), from: file, frame: frame)
    }
  }

  /// How an array is taken, `nil` for pictures and for float inputs.
  func treatment(of file: InputFile) -> String? {
    guard case .fixedPoint(let preprocessor) = self, case .array(let array) = file else { return nil }
    return (try? preprocessor.plan(for: array))?.treatment.rawValue
  }

  /// The size that a file's frames have before they are resized, `nil` where they are no pictures.
  func sourceSize(of file: InputFile) -> (width: Int, height: Int)? {
    switch (self, file) {
    case (_, .picture(let picture)): return (picture.width, picture.height)
    case (.fixedPoint(let preprocessor), .array(let array)):
      return (try? preprocessor.plan(for: array))?.size
    case (.floats, .array): return nil
    }
  }
}
