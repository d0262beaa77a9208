import Devices
import Inference
import Tensors
import Vision

/// Runs a model frame by frame and times each stage.
final class FrameRunner {
  /// What the model says of a frame.
  enum Prediction {
    case scores(ClassScores)
    /// In the size of the input before resizing, where that is known.
    case labels(LabelMap)
    case tensors([(name: String, array: NumpyArray)])
  }

  let loaded: LoadedModel
  /// The time of each stage so far.
  var times = StageTimes()
  private let job: SessionJob

  /// Makes the buffers.
  init(_ loaded: LoadedModel) throws {
    self.loaded = loaded
    job = try loaded.session.makeJob()
  }

  /// Reads the files of one job, one for each input of the model.
  ///
  /// - Returns: The files, and how many frames they give.
  func read(_ paths: [String]) throws -> (files: [InputFile], frameCount: Int) {
    let files = try times.measure(.decode) { try paths.map { try InputFile(contentsOf: $0) } }
    var counts: [Int] = []
    for (index, file) in files.enumerated() {
      do throws(VisionError) {
        counts.append(try loaded.feeders[index].frameCount(of: file))
      } catch {
        throw error.inFile(paths[index])
      }
    }
    guard let first = counts.first, counts.allSatisfy({ $0 == first }) else {
      throw CommandError(
        .invalidInput,
        "\(paths.joined(separator: ", ")): the inputs of one run have \(counts) frames, expected equal numbers")
    }
    return (files, first)
  }

  /// Runs one frame.
  ///
  /// - Returns: What the model says, and what was lost when the frame became int8.
  func run(_ files: [InputFile], paths: [String], frame: Int) throws -> (Prediction, ConversionReport) {
    let report = try times.measure(.preprocess) {
      var report = ConversionReport()
      for (index, file) in files.enumerated() {
        let part = job.withInput(index) { buffer in
          Result { () throws(VisionError) in try loaded.feeders[index].fill(buffer, from: file, frame: frame) }
        }
        switch part {
        case .success(let lost): report += lost
        case .failure(let error): throw error.inFile(paths[index])
        }
      }
      return report
    }
    try times.measure(.device) { _ = try job.run() }
    let prediction = try times.measure(.postprocess) { try predict(for: files) }
    return (prediction, report)
  }

  /// The picture to draw labels over: the input's own, or what the network saw of an array.
  func picture(of file: InputFile) -> Picture? {
    if case .picture(let picture) = file { return picture }
    guard case .fixedPoint(let preprocessor)? = loaded.feeders.first else { return nil }
    let seen = job.withInput(0) { buffer in
      Picture(
        showing: UnsafeBufferPointer(buffer.bindMemory(to: Int8.self)), shape: preprocessor.frameShape)
    }
    guard let size = loaded.feeders.first?.sourceSize(of: file) else { return seen }
    return seen?.resized(width: size.width, height: size.height)
  }

  private func predict(for files: [InputFile]) throws -> Prediction {
    switch loaded.task {
    case .tensors: return .tensors(loaded.session.outputs.indices.map { (loaded.session.outputs[$0].name, array($0)) })
    case .classification:
      let port = loaded.session.outputs[0]
      guard port.shape.elementCount == loaded.classCount, port.shape.elementCount > 0 else {
        throw VisionError(
          .mismatch, "an output of shape \(port.shape) is no list of classes, as the card's task asks for")
      }
      return .scores(
        job.withOutput(0) { bytes in
          if let fixPoint = port.fixPoint, port.elementType == .int8 {
            return ClassScores(logits: bytes.bindMemory(to: Int8.self), fixPoint: fixPoint)
          }
          return ClassScores(values: bytes.bindMemory(to: Float.self), areProbabilities: loaded.endsWithSoftmax)
        })
    case .segmentation:
      let port = loaded.session.outputs[0]
      let map = job.withOutput(0) { bytes in
        Result { () throws(VisionError) in
          port.elementType == .int8
            ? try LabelMap(argmaxOf: bytes.bindMemory(to: Int8.self), shape: port.shape)
            : try LabelMap(argmaxOf: bytes.bindMemory(to: Float.self), shape: port.shape)
        }
      }
      let size = loaded.feeders.first?.sourceSize(of: files[0])
      return .labels(try size.map { try map.get().resized(width: $0.width, height: $0.height) } ?? map.get())
    }
  }

  private func array(_ output: Int) -> NumpyArray {
    let port = loaded.session.outputs[output]
    return job.withOutput(output) { bytes in
      switch port.elementType {
      case .int8: NumpyArray(shape: port.shape, int8: Array(bytes.bindMemory(to: Int8.self)))
      case .float32: NumpyArray(shape: port.shape, float32: Array(bytes.bindMemory(to: Float.self)))
      }
    }
  }
}

extension ConversionReport {
  /// What was lost, for a person; `nil` where nothing was.
  var line: String? {
    var parts: [String] = []
    if notANumber > 0 { parts.append("\(notANumber.grouped) NaN became 0") }
    if infinite > 0 { parts.append("\(infinite.grouped) infinite") }
    if saturated > 0 { parts.append("\(saturated.grouped) values beyond the range of int8") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// What was lost, in a report.
  var json: JSONValue {
    .record(["saturated": .integer(saturated), "nan": .integer(notANumber), "infinite": .integer(infinite)])
  }
}
