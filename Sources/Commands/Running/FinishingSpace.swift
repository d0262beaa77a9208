import Vision

/// What a thread needs to finish a frame, kept for the next one.
final class FinishingSpace {
  var kept: KeptResult
  var shown = ShownPicture()
  /// The picture with the labels over it.
  var drawn = Picture.onePixel
  /// The name to write under.
  var name = ""
  /// The pixels of each class.
  var counts: [Int]
  let writer: ResultWriter?

  /// Makes room for the results of a model.
  ///
  /// - Parameters:
  ///   - folder: Where results are written, `nil` for nowhere.
  ///   - notesFiles: Whether the files of each frame are to be named.
  init(_ loaded: LoadedModel, _ folder: OutputFolder?, notesFiles: Bool) {
    kept = KeptResult(loaded, wantsScores: true)
    counts = [Int](repeating: 0, count: max(1, loaded.classCount))
    writer = folder.map { ResultWriter($0, palette: loaded.palette, notesFiles: notesFiles) }
  }

  /// Lets go of the memory of large pictures.
  func forgetMuch() {
    if drawn.samples.count > FileReader.mostKept { drawn = .onePixel }
    kept.forgetMuch()
    shown.forgetMuch()
  }
}
