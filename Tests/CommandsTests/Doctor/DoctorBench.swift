import Boards
import Foundation
import TestSupport
import Testing

/// A board's files with an overlay in force, and the doctor over them.
///
/// The board is a reconstructed tree: no file of it was recorded on a board.
struct DoctorBench {
  /// What a test reads of a report.
  struct Report: Decodable {
    struct Finding: Decodable, Equatable {
      let check, state, found: String
      let fix: String?
    }
    struct Image: Decodable {
      let board, release, fingerprint, arch_json, models: String
      let fits: Bool
    }
    let schema: String
    let device: SelftestTests.Report.Device
    let simulated: Bool
    let board: String?
    let failed: Int
    let findings: [Finding]
    let images: [Image]

    /// The findings of a check.
    func findings(of check: String) -> [Finding] { findings.filter { $0.check == check } }

    /// The first finding of a check that is not good.
    func problem(_ check: String) -> Finding? {
      findings(of: check).first { ["failed", "warning"].contains($0.state) }
    }
  }

  let overlay: OverlayBench
  var kernel: KernelDouble { overlay.kernel }

  /// Makes a ZCU104 whose overlay was loaded by this program.
  static func with<R>(_ body: (DoctorBench) throws -> R) throws -> R {
    try OverlayBench.with { overlay in
      try overlay.kernel.addDriver()
      try overlay.load()
      return try body(DoctorBench(overlay: overlay))
    }
  }

  /// Runs a command on the board's files.
  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(
      arguments + ["--root", kernel.root, "--boards", OverlayBench.catalogueFolder], environment: environment)
  }

  /// Runs the doctor.
  func report(_ arguments: [String] = [], code: Int32) throws -> Report {
    let outcome = try run(["doctor", "--json"] + arguments)
    #expect(outcome.code == code, "\(outcome.messages)\(outcome.output)")
    return try Self.read(outcome)
  }

  /// Reads what the doctor printed.
  static func read(_ outcome: BuiltProgram.Outcome) throws -> Report {
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.schema == "dpu.doctor/1")
    return report
  }

  /// The UUID of the overlay's xclbin.
  var uuid: XclbinUUID {
    get throws { try OverlayBench.xclbin().uuid }
  }

  /// What zocl says once the xclbin is loaded, of a board whose numbers are not in the order of the names.
  func loadDriver() throws {
    try kernel.load(
      uuid: uuid.description,
      cores: [(1, "DPUCZDX8G:DPUCZDX8G_1", "0x80040000"), (0, "DPUCZDX8G:DPUCZDX8G_2", "0x80050000")])
  }
}
