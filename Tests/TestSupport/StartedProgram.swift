package import Foundation

/// The program `dpu` while it runs: for tests that look on, and that send more than one signal.
package final class StartedProgram {
  private let process = Process()
  private let files: [URL]
  private let end = DispatchSemaphore(value: 0)

  /// The number of the process.
  package var number: Int32 { process.processIdentifier }

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - arguments: The arguments behind the program's name.
  ///   - environment: Variables beside the few that every run gets; the tests' own are not passed on.
  ///   - scratch: A folder for what it prints and for its statistics socket.
  ///   - standardOutput: A descriptor that gets the standard output, which is closed here.
  package init(
    _ arguments: [String], environment: [String: String] = [:], scratch: URL, standardOutput: Int32? = nil
  ) throws {
    files = ["output", "messages"].map { scratch.appendingPathComponent("\($0)-\(UUID().uuidString)") }
    for file in files { try Data().write(to: file) }
    process.executableURL = BuiltProgram.url
    process.arguments = arguments
    process.currentDirectoryURL = Repository.root
    let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
    let own = ["SWIFT_BACKTRACE": "enable=no", "XDG_RUNTIME_DIR": scratch.path]
    process.environment = inherited.merging(own) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let given = standardOutput.map { FileHandle(fileDescriptor: $0, closeOnDealloc: true) }
    process.standardOutput = try given ?? FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    process.terminationHandler = { [end] _ in end.signal() }
    try process.run()
    // So that the other end is closed when the program ends.
    try given?.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// What it printed so far.
  package var output: String { text(0) }
  /// What it said so far on its standard error.
  package var messages: String { text(1) }

  /// Sends it a signal.
  package func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits until it has printed or made what a condition asks for.
  ///
  /// - Returns: Whether it did before it ended or a minute was over.
  package func waits(for condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline {
      if try condition() { return true }
      guard process.isRunning else { return try condition() }
      usleep(20_000)
    }
    return false
  }

  /// Waits for its end; kills it after a minute.
  ///
  /// - Returns: The exit code; for a run that a signal ended, 128 and the signal's number.
  package func code() -> Int32 {
    if end.wait(timeout: .now() + .seconds(60)) == .timedOut {
      kill(process.processIdentifier, SIGKILL)
      end.wait()
    }
    let status = process.terminationStatus
    return process.terminationReason == .exit ? status : 128 + status
  }

  private func text(_ index: Int) -> String {
    String(decoding: (try? Data(contentsOf: files[index])) ?? Data(), as: UTF8.self)
  }
}
