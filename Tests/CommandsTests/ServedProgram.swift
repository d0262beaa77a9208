import Foundation
import TestSupport

/// `dpu serve` while a test asks it.
final class ServedProgram {
  private let process = Process()
  private let messages: URL
  /// Where it listens, `127.0.0.1:PORT`.
  private(set) var address = ""

  /// What did not happen.
  struct Failed: Error, CustomStringConvertible {
    /// The program's own words.
    let description: String
  }

  /// Starts the service and waits until it listens.
  ///
  /// - Parameter models: Names in the model folder, and the files that are linked there as version 1, with the
  ///   card that lies beside one.
  init(_ models: [String: URL], _ arguments: [String] = [], in folder: URL) throws {
    let root = folder.appendingPathComponent("models")
    for (name, file) in models {
      let version = root.appendingPathComponent("\(name)/1")
      try FileManager.default.createDirectory(at: version, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        at: version.appendingPathComponent("model.xmodel"), withDestinationURL: file)
      let card = file.deletingPathExtension().appendingPathExtension("card.json")
      if FileManager.default.fileExists(atPath: card.path) {
        try FileManager.default.createSymbolicLink(
          at: version.appendingPathComponent("model.card.json"), withDestinationURL: card)
      }
    }
    messages = folder.appendingPathComponent("messages")
    try Data().write(to: messages)
    process.executableURL = BuiltProgram.url
    process.arguments = ["serve", root.path, "-l", "127.0.0.1:0", "-d", "software", "--drain", "0"] + arguments
    process.standardError = try FileHandle(forWritingTo: messages)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    for _ in 0..<600 {
      if let line = words.components(separatedBy: "\n").first(where: { $0.hasPrefix("listening: ") }) {
        address = String(line.dropFirst("listening: ".count))
        return
      }
      guard process.isRunning else { break }
      usleep(100_000)
    }
    process.terminate()
    throw Failed(description: words)
  }

  /// What it has said.
  var words: String { (try? Data(contentsOf: messages)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

  /// Ends it in order; gives its exit code.
  func end() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Serves while something is done.
  static func with<R>(
    _ models: [String: URL], _ arguments: [String] = [], _ body: (ServedProgram) throws -> R
  ) throws -> R {
    try TemporaryFolder.with { folder in
      let served = try ServedProgram(models, arguments, in: folder)
      defer { _ = served.end() }
      return try body(served)
    }
  }
}
