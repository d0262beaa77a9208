package import Foundation

/// The files that only the team's machines have: real models, golden vectors, pictures.
package enum Shared {
  /// The folder, from `DPU_SHARED` or beside the package, `nil` where it is absent.
  package static let folder: URL? = {
    let candidates =
      ProcessInfo.processInfo.environment["DPU_SHARED"].map { [URL(fileURLWithPath: $0)] }
      ?? [Repository.root.deletingLastPathComponent().appendingPathComponent("shared")]
    return candidates.first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("models").path) }
  }()

  /// Whether the folder is there; the condition of every test that needs it.
  package static var isPresent: Bool { folder != nil }

  /// Why such a test is skipped.
  package static let absence: String = "needs the shared models and data: set DPU_SHARED to their folder"

  /// A file or folder in it.
  package static func url(_ path: String) throws -> URL {
    guard let folder else { throw Absent() }
    return folder.appendingPathComponent(path)
  }

  /// The files of a folder in it whose names end so, sorted by name.
  package static func files(in path: String, suffix: String) -> [URL] {
    guard let folder = folder?.appendingPathComponent(path) else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().map { folder.appendingPathComponent($0) }
  }

  /// The compiled models by folder and name (`nerone/bccd`).
  package static let allModels: [String] = ["nerone", "more"].flatMap { folder in
    files(in: "models/\(folder)", suffix: ".xmodel").map { "\(folder)/\($0.deletingPathExtension().lastPathComponent)" }
  }

  /// Those that are to be run: all, or the names in `DPU_MODELS`, for machines on which all take too long.
  package static let models: [String] = allModels.filter(isChosen)

  /// Whether a model is to be run.
  package static func isChosen(_ model: String) -> Bool {
    guard let names = ProcessInfo.processInfo.environment["DPU_MODELS"] else { return true }
    return names.split(separator: " ").contains { $0 == model }
  }

  private struct Absent: Error, CustomStringConvertible {
    var description: String { Shared.absence }
  }
}

/// The package's own folder, found from this file's place in it, and what it is tested on.
package enum Repository {
  /// Whether the tests run under qemu, where a program that can't be started looks like one that ended with code 127.
  package static let isEmulated = ProcessInfo.processInfo.environment["DPU_EMULATED"] != nil

  /// The folder with Package.swift.
  package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}
