#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import Vision
import JSONValues

/// The files that the operands of a command name.
struct InputList {
  /// A file or folder that gives nothing to run, a frame of a file, or a result that can't be written.
  struct Failure: Sendable {
    let path: String
    let message: String
    /// The number of the frame in its file, `nil` where it is not about one frame.
    let frame: Int?
    /// What it is about, for a person.
    private let title: String

    /// Makes a failure.
    ///
    /// - Parameter title: What it is about, for a person; by default the path.
    init(path: String, message: String, frame: Int? = nil, title: String? = nil) {
      self.path = path
      self.message = message
      self.frame = frame
      self.title = title ?? path.printable
    }

    /// One line for a person.
    var line: String { "\(title): \(message)" }

    /// The failure in a report.
    var json: JSONValue {
      .record(["path": .string(path), "frame": .optional(frame) { .integer($0) }, "message": .string(message)])
    }
  }

  /// The files, those of a folder in the order of their names.
  private(set) var files: [String] = []
  /// The operands that name nothing to run.
  private(set) var failures: [Failure] = []

  /// Lists the files: an operand that is a folder stands for the pictures and arrays right in it.
  ///
  /// - Parameter takesVolumes: Whether the volumes of a folder are taken too.
  init(_ operands: some Sequence<String>, takesVolumes: Bool = false) {
    func isTaken(_ name: String) -> Bool {
      InputFile.hasKnownExtension(name) || takesVolumes && Volume.hasKnownExtension(name)
    }
    for operand in operands {
      guard Self.isFolder(operand) else {
        files.append(operand)
        continue
      }
      do {
        let found = try Self.names(in: operand).filter(isTaken)
        if found.isEmpty {
          failures.append(
            Failure(
              path: operand,
              message:
                "the folder holds no JPEG, PNG\(takesVolumes ? ", NPY or NIfTI" : " or NPY") file (sub-folders are "
                + "not searched)"))
        }
        files += found.map { Self.join(operand, $0) }
      } catch {
        failures.append(Failure(path: operand, message: error.message))
      }
    }
  }

  /// How many inputs were left out, said at the end where the lines that name them may have scrolled away.
  static func skipped(_ count: Int) -> String {
    "\(count.grouped) input\(count == 1 ? "" : "s") skipped, named above"
  }

  /// Whether a path is a folder.
  static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }

  /// The names in a folder that do not begin with a dot, sorted.
  static func names(in folder: String) throws(CommandError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw CommandError(.invalidInput, "the folder cannot be read: \(error)")
    }
  }

  /// A path in a folder.
  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The last part of a path without its last extension.
  static func stem(_ path: String) -> String {
    let name = fileName(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// The last part of a path.
  static func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
