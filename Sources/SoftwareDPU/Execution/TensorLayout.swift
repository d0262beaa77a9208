import Tensors

/// A tensor as kernels see it: extents, element type, scale, and how its pixels lie in memory.
struct TensorLayout: Equatable, Sendable {
  /// The extents, the batch first.
  let shape: Shape
  /// The type of the elements.
  let elementType: ElementType
  /// The scale of int8 elements, `nil` where the file gives none.
  let fixPoint: Int?
  /// Elements from one pixel to the next: the last extent where dense, more inside a concatenation's buffer.
  var pixelStride: Int

  init(shape: Shape, elementType: ElementType, fixPoint: Int?) {
    self.shape = shape
    self.elementType = elementType
    self.fixPoint = fixPoint
    pixelStride = shape.rank == 0 ? 1 : shape[-1]
  }

  /// The last extent.
  var channels: Int { shape.rank == 0 ? 1 : shape[-1] }

  /// How many runs of `channels` elements the tensor has.
  var pixels: Int { channels == 0 ? 0 : shape.elementCount / channels }

  /// Bytes from the first element to behind the last.
  var byteCount: Int { pixels == 0 ? 0 : ((pixels - 1) * pixelStride + channels) * elementType.byteCount }

  /// Whether nothing lies between the pixels.
  var isDense: Bool { pixelStride == channels }
}
