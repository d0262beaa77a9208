import Devices
import Vision

extension TensorPort {
  /// The type of its elements in an array.
  var arrayElement: NumpyArray.Element {
    switch elementType {
    case .int8: .int8
    case .float32: .float32
    }
  }
}
