import Foundation
import TestSupport
import Testing

/// Runs of commands on a board in a library.
enum FakeBoardRun {
  static let model = BoardDeviceTests.model
  /// The core of the model.
  static let b4096 = BoardDeviceTests.fingerprint

  /// Runs a command to its end.
  static func run(
    _ arguments: [String], fingerprint: String = b4096, cores: Int = 1, json: String = "", limit: Int? = nil
  ) throws -> BuiltProgram.Outcome {
    try TemporaryFolder.with { folder in
      let board = try BoardDeviceTests.Board(in: folder, fingerprint: fingerprint, cores: cores, json: json)
      let variables = limit.map { ["XLNX_DPU_TIMEOUT": String($0)] } ?? [:]
      return try BuiltProgram.run(
        arguments + board.options(for: arguments[0]), environment: board.environment.merging(variables) { $1 })
    }
  }

  /// Runs the doctor.
  static func doctor(
    _ arguments: [String] = [], fingerprint: String = b4096, json: String = "", code: Int32
  ) throws -> DoctorBench.Report {
    let outcome = try run(["doctor", "--json"] + arguments, fingerprint: fingerprint, json: json)
    #expect(outcome.code == code, "\(outcome.messages)\(outcome.output)")
    return try DoctorBench.read(outcome)
  }

  /// Runs the self-test and gives its first step that failed.
  static func failedStep(
    _ arguments: [String] = [], fingerprint: String = b4096, json: String = "", code: Int32
  ) throws -> SelftestTests.Report.Step {
    let outcome = try run(
      ["selftest", "--json"] + arguments, fingerprint: fingerprint, json: json, limit: 400)
    #expect(outcome.code == code, "\(outcome.messages)\(outcome.output)")
    let report = try SelftestTests.report(outcome)
    #expect(report.device == .init(kind: "simulated", detail: "fake libxrt"))
    return try #require(report.cores.flatMap(\.steps).first { $0.outcome == "failed" })
  }
}
