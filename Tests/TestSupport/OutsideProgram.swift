package import Foundation

/// A program of this machine that tests run or compare with.
package struct OutsideProgram {
  /// Whether a test must not be skipped where a program is missing, as in continuous integration.
  package static let areExpected = ProcessInfo.processInfo.environment["DPU_EXPECT_BOARD_TOOLS"] != nil

  /// Its path.
  package let path: String

  /// The first of several paths that is a program, `nil` where none is.
  package init?(_ paths: String...) {
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { return nil }
    self.path = path
  }

  /// Runs it to its end in a folder, which gets a file with its output.
  ///
  /// - Returns: What it printed on either output, and its exit code.
  package func run(_ arguments: [String], in folder: URL) throws -> (text: String, code: Int32) {
    let output = folder.appendingPathComponent("output-\(UUID().uuidString)")
    try Data().write(to: output)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    return (String(decoding: try Data(contentsOf: output), as: UTF8.self), process.terminationStatus)
  }
}
