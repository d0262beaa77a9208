import Threads
import Vision

/// The files of one run, one for each input of the model, in memory that is used again.
final class FileGroup: Sendable {
  // @unchecked: written by the thread that reads the files, before their frames are known to others.
  nonisolated(unsafe) var files: [InputFile] = []
  /// Their paths.
  nonisolated(unsafe) fileprivate(set) var paths: [String] = []
  /// The number of the paths among all that are run.
  nonisolated(unsafe) fileprivate(set) var number = 0
  /// How many frames of the files, and readers, are not done with them; seen and changed by their pool only.
  nonisolated(unsafe) fileprivate var users = 0

  /// The most bytes of a file that are kept for another one.
  private static let mostKept = 1 << 24

  /// Lets go of the memory of large files.
  fileprivate func forgetMuch() {
    for index in files.indices where files[index].byteCount > FileGroup.mostKept { files[index] = .nothing }
  }
}

/// A frame on its way: which files it is of, and what became of it when its inputs were filled.
final class PipelineFrame: Sendable {
  // @unchecked: written by the thread that reads its files and fills it, before it hands the job in; a finisher that has the
  // frame already looks at it only when the job came back.
  nonisolated(unsafe) fileprivate(set) var group: FileGroup
  /// The frame's number in its file, `nil` where the file has one frame.
  nonisolated(unsafe) fileprivate(set) var number: Int?
  /// What was lost when the frame became int8, or why it can't be run.
  nonisolated(unsafe) var filling: Result<ConversionReport, any Error>?

  fileprivate init(of group: FileGroup) { self.group = group }

  /// The files of the run.
  var files: [InputFile] { group.files }
  /// Their paths.
  var paths: [String] { group.paths }
}

/// The frames and files of a pipeline: as many are made as are ever used at a time.
final class PipelineMemory: Sendable {
  private struct Idle {
    var groups: [FileGroup] = []
    var frames: [PipelineFrame] = []
  }

  private let idle = Guarded(Idle())

  /// A place for files, in use until it is given back.
  func group(_ paths: [String], number: Int) -> FileGroup {
    let group = idle.withLock { $0.groups.popLast() } ?? FileGroup()
    (group.paths, group.number, group.users) = (paths, number, 1)
    return group
  }

  /// A frame of files, in use until it is given back; the files are too.
  func frame(of group: FileGroup, number: Int?) -> PipelineFrame {
    let frame =
      idle.withLock { idle in
        group.users += 1
        return idle.frames.popLast()
      } ?? PipelineFrame(of: group)
    (frame.group, frame.number, frame.filling) = (group, number, nil)
    return frame
  }

  /// Takes files back from a reader who is done with them.
  func giveBack(_ group: FileGroup) {
    idle.withLock { Self.giveBack(group, &$0) }
  }

  /// Takes a frame back that nobody looks at any more.
  func giveBack(_ frame: PipelineFrame) {
    idle.withLock { idle in
      idle.frames.append(frame)
      Self.giveBack(frame.group, &idle)
    }
  }

  private static func giveBack(_ group: FileGroup, _ idle: inout Idle) {
    group.users -= 1
    guard group.users == 0 else { return }
    group.forgetMuch()
    idle.groups.append(group)
  }
}
