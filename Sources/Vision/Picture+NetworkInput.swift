package import Tensors

extension Picture {
  /// Shows a frame of a model's int8 input in the memory of this picture: -128 is black, 127 is white; of channels other
  /// than 1 or 3 the first.
  ///
  /// - Parameters:
  ///   - values: `[h, w, c]` Int8, as the shape says.
  ///   - shape: `[h, w, c]`.
  /// - Returns: Whether the shape is that of a picture; else this one is as it was.
  package mutating func show(_ values: UnsafeBufferPointer<Int8>, shape: Shape) -> Bool {
    guard shape.rank == 3, shape.elementCount > 0, values.count == shape.elementCount else { return false }
    let channels = shape[2]
    let layout: Layout = channels == 3 ? .rgb : .grey
    let step = layout == .rgb ? 1 : channels
    refill(width: shape[1], height: shape[0], layout: layout) { target in
      for index in target.indices { target[index] = UInt8(bitPattern: values[index * step]) ^ 0x80 }
    }
    return true
  }
}
