import JSONValues
import Tensors
import Vision

/// What is run and what is made of it: phases that differ in it are not compared.
struct BenchInput: Decodable, Equatable, Sendable {
  /// A hash over the frame that the phases in memory run: its type, its size and its numbers.
  let frameSHA256: String
  /// The files that are run end to end, `nil` where the frame in memory is.
  let files: Int?
  /// A hash over their contents.
  let filesSHA256: String?
  /// What becomes of a frame before it is in the device's buffer, in words.
  let preparation: String
  /// What is made of the outputs.
  let task: String
  /// What is written of each frame, in words.
  let written: String

  private enum CodingKeys: String, CodingKey {
    case files, preparation, task, written
    case frameSHA256 = "frame_sha256"
    case filesSHA256 = "files_sha256"
  }

  /// Describes what a subject runs.
  ///
  /// - Parameters:
  ///   - isWritten: Whether results are written.
  ///   - drawsOverlays: Whether overlays are among them.
  init(_ subject: BenchSubject, isWritten: Bool, drawsOverlays: Bool) {
    let loaded = subject.loaded
    frameSHA256 = Self.hash(of: subject.frame)
    files = subject.files.groups.isEmpty ? nil : subject.files.count
    filesSHA256 = subject.files.groups.isEmpty ? nil : subject.files.sha256
    preparation =
      (loaded.card.map { "\($0.card.preprocessing)\($0.card.pictures == .window ? ", pictures show the window" : "")" }
        ?? "no card") + "; rounded \(loaded.rounding.rawValue)"
    task = loaded.task.rawValue
    switch loaded.task {
    case _ where !isWritten, .classification: written = "nothing"
    case .segmentation: written = drawsOverlays ? "label maps and overlays" : "label maps"
    case .tensors: written = "tensors"
    }
  }

  /// The files in words.
  var fileWords: String { files.map { "\($0), sha256 \(filesSHA256?.prefix(12) ?? "not known")" } ?? "none" }

  /// What is run, as the member `input`.
  var json: JSONValue {
    .object([
      "frame_sha256": .string(frameSHA256), "files": .optional(files) { .integer($0) },
      "files_sha256": .optional(filesSHA256) { .string($0) }, "preparation": .string(preparation),
      "task": .string(task), "written": .string(written),
    ])
  }

  private static func hash(of frame: [InputFile]) -> String {
    var digest = SHA256()
    for file in frame {
      let (head, bytes) =
        switch file {
        case .picture(let picture):
          ("picture \(picture.width) x \(picture.height) x \(picture.channels);", picture.samples)
        case .array(let array): ("array \(array.shape) \(array.element.rawValue);", array.bytes)
        }
      for part in [Array(head.utf8), bytes] { part.withUnsafeBytes { digest.update($0) } }
    }
    return digest.hexDigest()
  }
}
