package import Tensors

extension Preprocessor {
  /// Fills a frame from a slice of one or more volumes: measured values, through the card.
  ///
  /// - Parameters:
  ///   - buffer: Exactly one frame.
  ///   - values: What was measured.
  ///   - shape: `[h, w, c]` of the values.
  /// - Throws: `mismatch` where there is no card, or size or channels do not fit.
  package func fill(
    _ buffer: UnsafeMutableBufferPointer<Int8>, fromSlice values: [Float], shape: Shape
  ) throws(VisionError) -> ConversionReport {
    precondition(buffer.count == frameElementCount, "a buffer of \(buffer.count) for a frame of \(frameShape)")
    precondition(shape.rank == 3 && values.count == shape.elementCount, "\(values.count) values for \(shape)")
    guard let card else {
      throw VisionError(
        .mismatch,
        "is a volume with slices of \(shape), and the model has no card that says how one becomes the input \(frameShape)"
      )
    }
    guard shape[2] == frameShape[2] else {
      throw VisionError(
        .mismatch, "gives slices of \(shape[2]) channels, the model takes \(frameShape[2]) (card \"\(card.name)\")")
    }
    guard card.resize != nil || shape == frameShape else {
      throw VisionError(
        .mismatch,
        "gives slices of shape \(shape), the model takes \(frameShape), and card \"\(card.name)\" has no `resize`")
    }
    return values.withUnsafeBufferPointer { values in
      scratch.withScratch { (scratch: FrameScratch) -> ConversionReport in
        fill(
          buffer, fromMeasured: values, width: shape[1], height: shape[0], channels: shape[2], scratch)
      }
    }
  }
}
