import Devices
import Inference
import Vision

extension SessionJob {
  /// The greatest class of each pixel of an output.
  ///
  /// - Throws: `mismatch` where the output is no map of classes.
  func labelMap(ofOutput index: Int, _ port: TensorPort) throws(VisionError) -> LabelMap {
    let map = withOutput(index) { bytes in
      Result { () throws(VisionError) in
        port.elementType == .int8
          ? try LabelMap(argmaxOf: bytes.bindMemory(to: Int8.self), shape: port.shape)
          : try LabelMap(argmaxOf: bytes.bindMemory(to: Float.self), shape: port.shape)
      }
    }
    return try map.get()
  }
}
