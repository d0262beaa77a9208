import Vision

/// A frame on its way: which files it is of, and what became of it when its inputs were filled.
final class PipelineFrame: Sendable {
  /// The files of the run.
  let files: [InputFile]
  /// Their paths.
  let paths: [String]
  /// The number of the paths among all that are run.
  let group: Int
  /// The frame's number in its file, `nil` where the file has one frame.
  let number: Int?

  // @unchecked: written by the thread that fills the frame, before it hands the job in; read by the one that gets the
  // job back.
  /// What was lost when the frame became int8, or why it can't be run.
  nonisolated(unsafe) var filling: Result<ConversionReport, any Error>?

  /// Makes a frame that is not filled yet.
  init(files: [InputFile], paths: [String], group: Int, number: Int?) {
    self.files = files
    self.paths = paths
    self.group = group
    self.number = number
  }

  /// The frame for a person: `slice.png`, `slices.npy[12]`.
  var title: String { paths[0].printable + (number.map { "[\($0)]" } ?? "") }
}
