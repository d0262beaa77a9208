import Glibc
import Threads
import Vision

/// Writes what a model says into a folder, on a thread of its own.
///
/// Label maps and overlays are numbered by the source's pictures; `frames.csv` has a line for each frame. Under a source that
/// can't wait, frames that come faster than they are written are left out and counted: inference is never slowed.
final class LiveRecorder: Sendable {
  /// A frame to write.
  struct Entry: Sendable {
    let frame: LiveFrame
    let prediction: FrameRunner.Prediction
    let latency: Duration
    /// The pixels of each class, of a label map.
    let pixels: [Int]?
  }

  /// What became of the frames so far.
  struct Counts: Sendable {
    /// Frames that are written.
    var written = 0
    /// Frames that were left out.
    var leftOut = 0
    /// Why nothing more is written.
    var problem: VisionError?
  }

  private struct State {
    var waiting: [Entry] = []
    var counts = Counts()
    var isFinished = false
  }

  /// The folder.
  let path: String
  private let overlay: Overlay
  private let loaded: LoadedModel
  private let waits: Bool
  private let start: Moment
  private let giveBack: @Sendable (LiveFrame) -> Void
  private let state = Monitor(State())
  // @unchecked: used by the recorder's thread.
  private nonisolated(unsafe) let writer: ResultWriter
  private nonisolated(unsafe) var table: RecordTable

  /// Makes the folder and begins the table.
  ///
  /// - Parameters:
  ///   - waits: Whether whoever has a frame waits for room, so that none is left out.
  ///   - start: The moment from which captures are counted.
  ///   - giveBack: Gets each frame that is written.
  init(
    _ path: String, _ loaded: LoadedModel, waits: Bool, start: Moment,
    giveBack: @escaping @Sendable (LiveFrame) -> Void
  ) throws {
    writer = ResultWriter(
      try OutputFolder(path), palette: loaded.palette, notesFiles: false, writesLabelArrays: false)
    overlay = Overlay(palette: loaded.palette)
    self.path = path
    self.loaded = loaded
    self.waits = waits
    self.start = start
    self.giveBack = giveBack
    let labels = (0..<max(1, loaded.classCount)).map(loaded.label)
    let columns =
      switch loaded.task {
      case .classification: ["class", "label", "score"]
      case .segmentation: labels.map { "pixels of \($0)" }
      case .tensors: [String]()
      }
    table = try RecordTable(
      InputList.join(path, Self.tableName), columns: ["frame", "file", "captured_seconds", "latency_seconds"] + columns)
  }

  /// Refuses a folder in which files of an earlier run would lie among those of this one.
  ///
  /// - Throws: An error that names the folder and one such file; a folder that can't be read is refused when it is written.
  static func checkIsNew(_ path: String) throws(CommandError) {
    guard InputList.isFolder(path), let names = try? InputList.names(in: path) else { return }
    guard let left = names.first(where: { $0 == tableName || $0.hasPrefix(framePrefix) }) else { return }
    throw CommandError(
      .invalidInput,
      "\(path): holds an earlier recording (\(left.printable)): name another folder, or remove its \(tableName) and "
        + "\(framePrefix)* files")
  }

  private static let tableName = "frames.csv"
  private static let framePrefix = "frame-"

  /// What became of the frames so far.
  var counts: Counts { state.update { $0.counts } }

  /// Takes a frame to be written.
  func take(_ entry: Entry) {
    let isTaken =
      state.wait { state in
        if state.counts.problem != nil || state.isFinished { return false }
        if state.waiting.count < LiveRecorder.mostWaiting {
          state.waiting.append(entry)
          return true
        }
        guard !waits else { return nil }
        state.counts.leftOut += 1
        return false
      } ?? false
    if !isTaken { giveBack(entry.frame) }
  }

  /// Says that no more frames come.
  func finish() { state.update { $0.isFinished = true } }

  /// Writes until there are no more frames; to be called by a thread of its own.
  func run() {
    while let entry = next() {
      do throws(VisionError) {
        try write(entry)
        state.update { $0.counts.written += 1 }
      } catch {
        let left = state.update { state in
          state.counts.problem = error
          defer { state.waiting.removeAll() }
          return state.waiting
        }
        for entry in left { giveBack(entry.frame) }
      }
      giveBack(entry.frame)
    }
    do throws(VisionError) { try table.close() } catch {
      state.update { $0.counts.problem = $0.counts.problem ?? error }
    }
  }

  private func next() -> Entry? {
    let next: Entry?? = state.wait { state in
      if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
      return state.isFinished ? .some(nil) : nil
    }
    return next ?? nil
  }

  private func write(_ entry: Entry) throws(VisionError) {
    let frame = entry.frame
    let digits = String(frame.number)
    let name = Self.framePrefix + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    var cells = [
      digits, frame.name ?? "", (frame.captured - start).seconds.formatted(decimals: 6),
      entry.latency.seconds.formatted(decimals: 6),
    ]
    switch entry.prediction {
    case .scores(let scores):
      cells += [
        String(scores.best), loaded.label(scores.best),
        Double(scores.probabilities[scores.best]).formatted(decimals: 6),
      ]
    case .labels(let map):
      try writer.write(map, overlay: overlay.draw(map, over: frame.picture), name: name)
      cells += (entry.pixels ?? []).map(String.init)
    case .tensors(let tensors):
      try writer.write(tensors.map(\.array.bytes), of: loaded.session.outputs, name: name)
    }
    // The line last: whoever reads the table finds the files.
    try table.add(cells)
  }

  /// Frames that wait for being written.
  private static let mostWaiting = 8
}

/// A table of comma-separated values that only ever has whole lines.
struct RecordTable {
  private let path: String
  private let file: Int32
  private var byteCount = 0

  /// Makes the file, or empties one that is there, and writes the names of the columns.
  init(_ path: String, columns: [String]) throws(VisionError) {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Self.failure("create", path) }
    do { try add(columns) } catch {
      Glibc.close(file)
      throw error
    }
  }

  /// Adds a line; half a line, as of a full disk, is taken away again.
  mutating func add(_ cells: [String]) throws(VisionError) {
    let line = CommaSeparated.line(cells) + "\n"
    let failure = Terminal.write(line, to: file)
    guard failure == 0 else {
      ftruncate(file, byteCount)
      errno = failure
      throw Self.failure("write", path)
    }
    byteCount += line.utf8.count
  }

  /// Ends writing; some file systems say only then that there is no room.
  func close() throws(VisionError) {
    guard Glibc.close(file) == 0 else { throw Self.failure("write", path) }
  }

  private static func failure(_ attempt: String, _ path: String) -> VisionError {
    VisionError(.cannotWrite, "cannot \(attempt) the file: \(String(cString: strerror(errno)))", path: path)
  }
}
