import Devices
import Inference
import JSONValues
import Tensors
import Vision

/// Runs a model frame by frame, one stage after another, and times each.
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
    try times.measure(.decode) { try loaded.read(paths) }
  }

  /// Runs one frame.
  ///
  /// - Returns: What the model says, and what was lost when the frame became int8.
  func run(_ files: [InputFile], paths: [String], frame: Int) throws -> (Prediction, ConversionReport) {
    let report = try times.measure(.preprocess) {
      try loaded.fill(job, from: files, paths: paths, frame: frame)
    }
    try times.measure(.device) { _ = try job.run() }
    let prediction = try times.measure(.postprocess) { try loaded.predict(job, for: files) }
    return (prediction, report)
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
