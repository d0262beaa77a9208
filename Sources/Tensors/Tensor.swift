/// A dense tensor in memory: shape, elements in C order, and the fix point of int8 elements.
package struct Tensor: Equatable, Sendable {
  /// The elements, in C order.
  package enum Elements: Equatable, Sendable {
    case int8([Int8])
    case float32([Float])
  }

  /// The extents; their product is the number of elements.
  package let shape: Shape
  /// The scale of int8 elements, `nil` for float32.
  package let fixPoint: FixPoint?
  /// The numbers.
  package let elements: Elements

  /// Makes an int8 tensor.
  ///
  /// - Precondition: As many elements as the shape asks for.
  package init(shape: Shape, fixPoint: FixPoint, int8 elements: [Int8]) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements for shape \(shape)")
    self.shape = shape
    self.fixPoint = fixPoint
    self.elements = .int8(elements)
  }

  /// Makes a float32 tensor.
  ///
  /// - Precondition: As many elements as the shape asks for.
  package init(shape: Shape, float32 elements: [Float]) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements for shape \(shape)")
    self.shape = shape
    self.fixPoint = nil
    self.elements = .float32(elements)
  }

  /// The type of the elements.
  package var elementType: ElementType {
    switch elements {
    case .int8: .int8
    case .float32: .float32
    }
  }

  /// Gives the bytes of the elements, little endian, to a closure; the pointer must not leave it.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch elements {
    case .int8(let values): try values.withUnsafeBytes(body)
    case .float32(let values): try values.withUnsafeBytes(body)
    }
  }
}
