package import Tensors

/// Fills a model's float32 input from arrays: the numbers as they are, one frame at a time.
package struct FloatInput: Sendable {
  /// One frame of the input.
  package let frameShape: Shape

  /// Plans the input.
  ///
  /// - Parameter input: The model's input, its batch axis first.
  package init(input: Shape) { frameShape = Shape(Array(input.dimensions.dropFirst())) }

  /// The frames that an array gives: its shape is one frame's, or has a batch axis before it.
  ///
  /// - Throws: `mismatch` for pictures, arrays of integers, and other shapes.
  package func frameCount(of input: InputFile) throws(VisionError) -> Int {
    guard case .array(let array) = input else {
      throw VisionError(.mismatch, "is a picture, the model takes float32 of shape \(frameShape): give an NPY array")
    }
    let (found, own) = (array.shape.dimensions, frameShape.dimensions)
    guard array.element.isFloat, array.shape.elementCount > 0,
      found == own || found.count == own.count + 1 && Array(found.dropFirst()) == own
    else {
      throw VisionError(
        .mismatch,
        "is an array of shape \(array.shape) (\(array.element.rawValue)), the model takes floats of shape"
          + " \(frameShape) or a batch of it")
    }
    return found == own ? 1 : found[0]
  }

  /// Fills a frame.
  ///
  /// - Parameter buffer: Exactly one frame.
  /// - Throws: `mismatch` where the array does not fit.
  package func fill(
    _ buffer: UnsafeMutableBufferPointer<Float>, from input: InputFile, frame: Int
  ) throws(VisionError) -> ConversionReport {
    let count = try frameCount(of: input)
    guard case .array(let array) = input else { preconditionFailure("only arrays have frames here") }
    precondition((0..<count).contains(frame) && buffer.count == frameShape.elementCount, "no such frame")
    let range = frame * buffer.count..<(frame + 1) * buffer.count
    array.convert(range, to: buffer)
    var report = ConversionReport()
    for value in buffer {
      if value.isNaN { report.notANumber += 1 } else if value.isInfinite { report.infinite += 1 }
    }
    return report
  }
}
