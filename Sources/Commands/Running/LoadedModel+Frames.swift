import Devices
import Inference
import Tensors
import Vision

/// What is done with a frame: reading it, filling inputs, and making something of the outputs.
extension LoadedModel {
  /// Reads the files of one run, one for each input of the model.
  ///
  /// - Returns: The files, and how many frames they give.
  func read(_ paths: [String]) throws -> (files: [InputFile], frameCount: Int) {
    var files: [InputFile] = []
    let count = try read(paths, into: &files, FileReader())
    return (files, count)
  }

  /// The same in the memory of files that were read before.
  ///
  /// - Returns: How many frames they give.
  func read(_ paths: [String], into files: inout [InputFile], _ reader: FileReader) throws -> Int {
    precondition(!paths.isEmpty, "a run without files")
    while files.count < paths.count { files.append(.nothing) }
    for index in paths.indices { try reader.read(paths[index], into: &files[index]) }
    let count = try frameCount(of: files[0], input: 0, path: paths[0])
    for index in paths.indices.dropFirst()
    where try frameCount(of: files[index], input: index, path: paths[index]) != count {
      let counts = try paths.indices.map { try frameCount(of: files[$0], input: $0, path: paths[$0]) }
      throw CommandError(
        .invalidInput,
        "\(paths.joined(separator: ", ")): the inputs of one run have \(counts) frames, expected equal numbers")
    }
    return count
  }

  private func frameCount(of file: InputFile, input: Int, path: String) throws(VisionError) -> Int {
    do { return try feeders[input].frameCount(of: file) } catch { throw error.inFile(path) }
  }

  /// Fills the inputs with a frame.
  ///
  /// - Returns: What was lost when it became int8.
  func fill(
    _ buffers: some TensorBuffers, from files: [InputFile], paths: [String], frame: Int
  ) throws -> ConversionReport {
    var report = ConversionReport()
    for (index, file) in files.enumerated() {
      report += try fill(buffers, input: index, from: file, path: paths[index], frame: frame)
    }
    return report
  }

  /// Fills one input with a frame.
  ///
  /// - Returns: What was lost when it became int8.
  func fill(
    _ buffers: some TensorBuffers, input index: Int, from file: InputFile, path: @autoclosure () -> String, frame: Int
  ) throws(VisionError) -> ConversionReport {
    let part = buffers.withInput(index) { buffer in
      Result { () throws(VisionError) in try feeders[index].fill(buffer, from: file, frame: frame) }
    }
    do { return try part.get() } catch { throw error.inFile(path()) }
  }

  /// Makes of the outputs what the task asks for.
  func predict(_ buffers: some TensorBuffers, for files: [InputFile]) throws -> FrameRunner.Prediction {
    switch task {
    case .tensors: return .tensors(session.outputs.indices.map { (session.outputs[$0].name, array($0, of: buffers)) })
    case .classification:
      let port = try classPort()
      return .scores(
        buffers.withOutput(0) { bytes in
          if let fixPoint = port.fixPoint, port.elementType == .int8 {
            return ClassScores(logits: bytes.bindMemory(to: Int8.self), fixPoint: fixPoint)
          }
          return ClassScores(values: bytes.bindMemory(to: Float.self), areProbabilities: endsWithSoftmax)
        })
    case .segmentation:
      let port = session.outputs[0]
      let map = buffers.withOutput(0) { bytes in
        Result { () throws(VisionError) in
          port.elementType == .int8
            ? try LabelMap(argmaxOf: bytes.bindMemory(to: Int8.self), shape: port.shape)
            : try LabelMap(argmaxOf: bytes.bindMemory(to: Float.self), shape: port.shape)
        }
      }
      let size = feeders.first?.sourceSize(of: files[0])
      return .labels(try size.map { try map.get().resized(width: $0.width, height: $0.height) } ?? map.get())
    }
  }

  /// The output of a classification.
  ///
  /// - Throws: `mismatch` where it is no list of classes.
  func classPort() throws(VisionError) -> TensorPort {
    let port = session.outputs[0]
    guard port.shape.elementCount == classCount, port.shape.elementCount > 0 else {
      throw VisionError(
        .mismatch, "an output of shape \(port.shape) is no list of classes, as the card's task asks for")
    }
    guard port.elementType != .int8 || port.fixPoint != nil else {
      throw VisionError(.mismatch, "an int8 output without fix point gives no probabilities")
    }
    return port
  }

  private func array(_ output: Int, of buffers: some TensorBuffers) -> NumpyArray {
    let port = session.outputs[output]
    return buffers.withOutput(output) { bytes in
      switch port.elementType {
      case .int8: NumpyArray(shape: port.shape, int8: Array(bytes.bindMemory(to: Int8.self)))
      case .float32: NumpyArray(shape: port.shape, float32: Array(bytes.bindMemory(to: Float.self)))
      }
    }
  }
}
