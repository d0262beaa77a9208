/// The element types that tensors of a compiled model have on their way through a device.
package enum ElementType: String, Hashable, Sendable {
  /// Signed fixed point of 8 bits.
  case int8
  /// IEEE 754 single precision.
  case float32

  /// Bytes of one element.
  package var byteCount: Int {
    switch self {
    case .int8: 1
    case .float32: 4
    }
  }
}
