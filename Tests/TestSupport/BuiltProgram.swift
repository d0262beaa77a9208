package import Foundation

/// The program `dpu` as it was built beside the tests, run as a person runs it.
package enum BuiltProgram {
  /// What a run left behind.
  package struct Outcome: Equatable, Sendable {
    /// The exit code; for a run that a signal ended, 128 and the signal's number.
    package let code: Int32
    /// The bytes of the standard output as text.
    package let output: String
    /// The bytes of the standard error as text.
    package let messages: String
  }

  /// The executable: it lies beside the test bundle.
  package static let url = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("dpu")

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: The arguments behind the program's name.
  ///   - environment: Variables beside the few that every run gets; the tests' own are not passed on.
  ///   - folder: The working folder.
  ///   - seconds: How long it may take before it is killed.
  ///   - standardOutput: A file that gets the standard output instead of the outcome.
  ///   - onScreen: Whether the standard error is a terminal of 100 columns.
  ///   - outputOnScreen: Whether that terminal is the standard output instead.
  ///   - signal: A signal to send after so many seconds.
  ///   - signals: Further signals, each so many seconds after the one before.
  ///   - launcher: A program that starts this one and gets its path and arguments behind its own.
  package static func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL = Repository.root,
    within seconds: Int = 60, standardOutput: String? = nil, onScreen: Bool = false, outputOnScreen: Bool = false,
    signal: (number: Int32, after: Double)? = nil, signals: [(number: Int32, after: Double)] = [],
    launcher: [String] = []
  ) throws -> Outcome {
    try TemporaryFolder.with { scratch in
      let process = Process()
      let words = launcher + [url.path] + arguments
      process.executableURL = URL(fileURLWithPath: words[0])
      process.arguments = Array(words.dropFirst())
      process.currentDirectoryURL = folder
      let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
      // Its statistics socket goes with the folder.
      let own = ["SWIFT_BACKTRACE": "enable=no", "XDG_RUNTIME_DIR": scratch.path]
      process.environment = inherited.merging(own) { $1 }.merging(environment) { $1 }
      // Files, because two pipes can fill up against each other.
      let files = ["output", "messages"].map { scratch.appendingPathComponent($0) }
      for file in files { try Data().write(to: file) }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = try FileHandle(
        forWritingTo: standardOutput.map { URL(fileURLWithPath: $0) } ?? files[0])
      let screen = onScreen ? try Screen(recordingTo: files[outputOnScreen ? 0 : 1]) : nil
      process.standardError = try FileHandle(forWritingTo: files[1])
      if let screen {
        if outputOnScreen {
          process.standardOutput = screen.programSide
        } else {
          process.standardError = screen.programSide
        }
      }
      let end = DispatchSemaphore(value: 0)
      process.terminationHandler = { _ in end.signal() }
      try process.run()
      var hasEnded = false
      for signal in [signal].compactMap({ $0 }) + signals where !hasEnded {
        hasEnded = end.wait(timeout: .now() + signal.after) == .success
        if !hasEnded { kill(process.processIdentifier, signal.number) }
      }
      if !hasEnded, end.wait(timeout: .now() + .seconds(seconds)) == .timedOut {
        kill(process.processIdentifier, SIGKILL)
        end.wait()
      }
      screen?.finish()
      let status = process.terminationStatus
      return Outcome(
        code: process.terminationReason == .exit ? status : 128 + status,
        output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
        messages: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }
  }
}

/// A folder that is gone after use.
package enum TemporaryFolder {
  /// Makes a folder of its own for a closure, and removes it with all that lies in it.
  package static func with<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dpu-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

/// Texts that are kept in Tests/Fixtures/snapshots and compared word for word.
package enum Snapshot {
  /// The kept text, or `nil` where it was just written because `DPU_UPDATE_FIXTURES` is set.
  ///
  /// - Parameters:
  ///   - name: The name of the file.
  ///   - text: The text of this run, kept when writing.
  package static func kept(_ name: String, writing text: String) throws -> String? {
    let file = Repository.root.appendingPathComponent("Tests/Fixtures/snapshots/\(name)")
    if ProcessInfo.processInfo.environment["DPU_UPDATE_FIXTURES"] != nil {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      return nil
    }
    return String(decoding: try Data(contentsOf: file), as: UTF8.self)
  }
}
