import Inference
import Tensors
import Threads
import Vision

/// Memory for the results of frames that is used again from one frame to the next.
///
/// It takes what a frame's answer needs: the class of each pixel or of the frame, or else the numbers themselves.
struct KeptResult {
  private let loaded: LoadedModel
  private var map = LabelMap(width: 1, height: 1, labels: [0])
  private var resized = LabelMap(width: 1, height: 1, labels: [0])
  private var columns: [Int] = []
  private var columnsSource = 0
  private let wantsScores: Bool
  /// The outputs of the frame last taken, where they are what is asked for.
  private(set) var numbers: [[UInt8]]
  /// The class of the frame last taken, of a classification.
  private(set) var best = 0
  /// The probabilities of its classes, where they are wanted.
  private(set) var scores = ClassScores()

  /// Makes room for the results of a model.
  ///
  /// - Parameter wantsScores: Whether a classification gives the probabilities of all classes, not only the best class.
  init(_ loaded: LoadedModel, wantsScores: Bool = false) {
    self.loaded = loaded
    self.wantsScores = wantsScores
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
      buffers.withOutput(0) { bytes in
        if port.elementType == .int8 {
          let logits = bytes.bindMemory(to: Int8.self)
          best = argmax(logits)
          if wantsScores, let fixPoint = port.fixPoint { scores.take(logits: logits, fixPoint: fixPoint) }
        } else {
          let values = bytes.bindMemory(to: Float.self)
          best = values.greatest
          if wantsScores { scores.take(values: values, areProbabilities: loaded.endsWithSoftmax) }
        }
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

  /// Lets go of the memory of large pictures' labels.
  mutating func forgetMuch() {
    if resized.labels.count > FileReader.mostKept { resized = LabelMap(width: 1, height: 1, labels: [0]) }
  }

  /// The labels last taken, of a segmentation, in the size of a picture; who keeps it longer makes the next frame take memory.
  mutating func labels(of picture: Picture) -> LabelMap { labels(width: picture.width, height: picture.height) }

  /// The labels last taken, in the size that a file's frames have; who keeps it longer makes the next frame take memory.
  mutating func labels(of file: InputFile) -> LabelMap {
    guard let size = loaded.feeders.first?.sourceSize(of: file) else { return map }
    return labels(width: size.width, height: size.height)
  }

  private mutating func labels(width: Int, height: Int) -> LabelMap {
    if map.width == width, map.height == height { return map }
    if columns.count != width || columnsSource != map.width {
      columns = LabelMap.nearestColumns(of: map.width, in: width)
      columnsSource = map.width
    }
    resized.takeNearest(of: map, columns: columns, height: height)
    return resized
  }
}

/// Results of several threads.
final class KeptResults: Sendable {
  private let loaded: LoadedModel
  private let idle = Guarded<[KeptResult]>([])

  /// Makes room where it is needed.
  init(_ loaded: LoadedModel) { self.loaded = loaded }

  /// Reads the outputs of a job, to no other end than that they are read; labels in the size that a file's frames have.
  func take(_ buffers: some TensorBuffers, of file: InputFile) throws(VisionError) {
    var result = idle.withLock { $0.popLast() } ?? KeptResult(loaded, wantsScores: true)
    try result.take(buffers)
    if loaded.task == .segmentation { _ = result.labels(of: file) }
    result.forgetMuch()
    idle.withLock { $0.append(result) }
  }
}
