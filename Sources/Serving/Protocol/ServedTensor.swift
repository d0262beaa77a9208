package import Tensors

/// An input or output of a model as the service tells of it.
package struct ServedTensor: Equatable, Sendable {
  /// The name.
  package let name: String
  /// The extents, the batch first.
  package let shape: Shape
  /// The scale of a tensor of int8; `nil` for one of float32.
  package let fixPoint: FixPoint?

  /// Makes a tensor's description.
  package init(name: String, shape: Shape, fixPoint: FixPoint?) {
    self.name = name
    self.shape = shape
    self.fixPoint = fixPoint
  }

  /// The type of the elements in the device.
  package var elementType: ElementType { fixPoint == nil ? .float32 : .int8 }
  /// Bytes of the tensor in the device.
  package var byteCount: Int { shape.elementCount * elementType.byteCount }
}
