import Devices
import Inference
import Tensors
import Vision

/// Memory for the results of frames that is used again from one frame to the next.
///
/// It takes what a frame's answer needs: the class of each pixel or of the frame, or else the numbers themselves.
struct KeptResult {
  private let loaded: LoadedModel
  private var map = LabelMap(width: 1, height: 1, labels: [0])
  private var resized = LabelMap(width: 1, height: 1, labels: [0])
  private var columns: [Int] = []
  private var numbers: [[UInt8]]
  /// The class of the frame last taken, of a classification.
  private(set) var best = 0

  /// Makes room for the results of a model.
  init(_ loaded: LoadedModel) {
    self.loaded = loaded
    numbers = loaded.task == .tensors ? loaded.session.outputs.map { [UInt8](repeating: 0, count: $0.byteCount) } : []
  }

  /// Reads the outputs of a job.
  ///
  /// - Throws: `mismatch` where the output is not what the card's task asks for.
  mutating func take(_ buffers: some TensorBuffers) throws(VisionError) {
    switch loaded.task {
    case .tensors:
      for index in numbers.indices {
        buffers.withOutput(index) { bytes in numbers[index].withUnsafeMutableBytes { $0.copyMemory(from: bytes) } }
      }
    case .classification:
      let port = try loaded.classPort()
      best = buffers.withOutput(0) { bytes in
        port.elementType == .int8 ? argmax(bytes.bindMemory(to: Int8.self)) : bytes.bindMemory(to: Float.self).greatest
      }
    case .segmentation:
      let port = loaded.session.outputs[0]
      let taken = buffers.withOutput(0) { bytes in
        Result { () throws(VisionError) in
          port.elementType == .int8
            ? try map.takeArgmax(of: bytes.bindMemory(to: Int8.self), shape: port.shape)
            : try map.takeArgmax(of: bytes.bindMemory(to: Float.self), shape: port.shape)
        }
      }
      try taken.get()
    }
  }

  /// The labels last taken, of a segmentation, in the size of a picture; valid until the next frame.
  mutating func labels(of picture: Picture) -> LabelMap {
    if map.width == picture.width, map.height == picture.height { return map }
    if columns.count != picture.width { columns = LabelMap.nearestColumns(of: map.width, in: picture.width) }
    resized.takeNearest(of: map, columns: columns, height: picture.height)
    return resized
  }
}
