import Devices
import Inference
import Tensors
import Vision

/// Memory for the results of frames that is used again from one frame to the next.
///
/// It takes what a frame's answer needs: the class of each pixel or of the frame, or else the numbers themselves.
struct KeptResult {
  private let loaded: LoadedModel
  /// The output as a map of classes, `nil` where its numbers are taken.
  private let mapShape: Shape?
  private var map = LabelMap(width: 1, height: 1, labels: [0])
  private var numbers: [[UInt8]]

  /// Makes room for the results of a model.
  init(_ loaded: LoadedModel) {
    self.loaded = loaded
    let port = loaded.session.outputs[0]
    mapShape =
      switch loaded.task {
      case .segmentation where port.elementType == .int8: port.shape
      case .classification where port.elementType == .int8: Shape([1, 1, port.shape.elementCount])
      case .segmentation, .classification, .tensors: nil
      }
    numbers = mapShape != nil ? [] : loaded.session.outputs.map { [UInt8](repeating: 0, count: $0.byteCount) }
  }

  /// Reads the outputs of a job.
  mutating func take(_ slot: JobSlot) throws(VisionError) {
    guard let mapShape else {
      for index in numbers.indices {
        slot.withOutput(index) { bytes in numbers[index].withUnsafeMutableBytes { $0.copyMemory(from: bytes) } }
      }
      return
    }
    let taken = slot.withOutput(0) { bytes in
      Result { () throws(VisionError) in try map.takeArgmax(of: bytes.bindMemory(to: Int8.self), shape: mapShape) }
    }
    try taken.get()
  }
}
