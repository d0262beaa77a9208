import Foundation
import TestSupport

/// AMD's xclbinutil, where scripts/fetch-xclbinutil has unpacked it.
struct Xclbinutil {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  static let found: Xclbinutil? = {
    let path =
      ProcessInfo.processInfo.environment["DPU_XCLBINUTIL"]
      ?? Repository.root.appendingPathComponent(".build/xclbinutil/xclbinutil").path
    return FileManager.default.isExecutableFile(atPath: path) ? Xclbinutil(path: path) : nil
  }()

  static let absence = "needs AMD's xclbinutil: run scripts/fetch-xclbinutil, as scripts/test --all does"

  let path: String

  /// Runs it to its end.
  ///
  /// - Returns: What it printed.
  @discardableResult func run(_ arguments: [String], in folder: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments + ["--force"]
    process.currentDirectoryURL = folder
    let output = folder.appendingPathComponent("output-\(UUID().uuidString)")
    try Data().write(to: output)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
    guard process.terminationStatus == 0 else {
      throw Failed(description: "xclbinutil \(arguments.joined(separator: " ")): \(text)")
    }
    return text
  }
}
