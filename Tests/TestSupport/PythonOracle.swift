import Foundation

/// A second opinion in Python, where a Python that has its libraries is named by `DPU_PYTHON`.
package struct PythonOracle {
  /// Why an opinion could not be had.
  package struct Failed: Error, CustomStringConvertible {
    /// The program and its exit code.
    package let description: String
  }

  /// Whether there is such a Python; the condition of every test that needs it.
  package static let isPresent: Bool = ProcessInfo.processInfo.environment["DPU_PYTHON"] != nil

  /// Why such a test is skipped.
  package static let absence: String =
    "needs the Python of Tests/Oracles/requirements.txt: set DPU_PYTHON to it, as scripts/test --all does"

  /// Runs a script of `Tests/Oracles` and decodes the JSON that it prints.
  package static func ask<Answer: Decodable>(
    _ script: String, _ arguments: [String], for answer: Answer.Type = Answer.self
  ) throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["DPU_PYTHON"] ?? "python3")
    let path = Repository.root.appendingPathComponent("Tests/Oracles/\(script)").path
    process.arguments = [path] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(description: "\(script) \(arguments) ended with \(process.terminationStatus)")
    }
    return try JSONDecoder().decode(Answer.self, from: data)
  }
}
