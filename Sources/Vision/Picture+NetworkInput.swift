package import Tensors

extension Picture {
  /// Shows a frame of a model's int8 input: -128 is black, 127 is white; of channels other than 1 or 3 the first.
  ///
  /// - Parameters:
  ///   - values: `[h, w, c]` Int8, as the shape says.
  ///   - shape: `[h, w, c]`.
  /// - Returns: `nil` where the shape is no picture.
  package init?(showing values: UnsafeBufferPointer<Int8>, shape: Shape) {
    guard shape.rank == 3, shape.elementCount > 0, values.count == shape.elementCount else { return nil }
    let channels = shape[2]
    let layout: Layout = channels == 3 ? .rgb : .grey
    let step = layout == .rgb ? 1 : channels
    let samples = stride(from: 0, to: values.count, by: step).map { UInt8(bitPattern: values[$0]) ^ 0x80 }
    self.init(width: shape[1], height: shape[0], layout: layout, samples: samples)
  }
}
