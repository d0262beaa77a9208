import Boards
import Devices
package import JSONValues

/// What `dpu doctor` tells: every check in order, and where the model would run.
package struct DoctorReport: Sendable {
  /// What was looked at.
  package let board: BoardSnapshot
  /// The model, where one was given.
  package let model: ModelNeeds?
  /// What the checks found, in their order.
  package let findings: [Finding]
  /// The images of the catalogue that matter for the model.
  package let rows: [ImageRow]

  /// Makes all checks.
  package init(_ board: BoardSnapshot, model: ModelNeeds?) {
    self.board = board
    self.model = model
    findings = Finding.Check.allCases.flatMap { DoctorReport.findings(of: $0, board, model) }
    rows = model.map { ImageRow.rows(for: $0, board) } ?? []
  }

  /// Makes one check.
  private static func findings(of check: Finding.Check, _ board: BoardSnapshot, _ model: ModelNeeds?) -> [Finding] {
    let isOfFiles = [.module, .node, .permission, .logic, .memory, .clocks, .users].contains(check)
    if check == .rails && board.library.isFake || isOfFiles && !board.hasFiles {
      return [Finding(check, .skipped, "a board in a library has none of its own, and this machine's is not its")]
    }
    return switch check {
    case .module: DriverChecks.module(board)
    case .node: DriverChecks.node(board)
    case .permission: DriverChecks.permission(board)
    case .logic: LogicChecks.logic(board)
    case .xclbin: LogicChecks.xclbin(board)
    case .cores: LogicChecks.cores(board)
    case .fingerprint: ModelChecks.fingerprint(board, model)
    case .memory: ModelChecks.memory(board, model)
    case .clocks: SurroundingsChecks.clocks(board)
    case .rails: SurroundingsChecks.rails(board)
    case .versions: SurroundingsChecks.versions(board)
    case .users: SurroundingsChecks.users(board)
    case .configuration: SurroundingsChecks.configuration(board)
    }
  }

  /// The checks that failed.
  package var failures: [Finding] { findings.filter { $0.state == .failed } }

  /// 4 where there is no board that can be used, 1 where something else failed.
  package var code: ExitCode {
    guard !failures.isEmpty else { return .success }
    return failures.contains { [.module, .node, .permission].contains($0.check) } ? .noDevice : .checkFailed
  }

  /// The report as lines.
  package var lines: [String] {
    var lines = ["device: \(board.device.line)"]
    if let model { lines.append("model: \(model.path.printable)") }
    for finding in findings {
      let start = "  \(finding.check.rawValue.padded(to: 13)) \(finding.state.rawValue.padded(to: 11)) "
      lines.append(start + finding.found.printable)
      if let fix = finding.fix { lines.append(String(repeating: " ", count: start.count) + "to do: \(fix.printable)") }
    }
    if model != nil, board.catalogue.isEmpty {
      lines.append("there is no catalogue of boards to look for images in")
    } else if model != nil {
      lines.append(
        rows.contains(where: \.fits) ? "images of the catalogue:" : "no image of the catalogue runs this model:")
      lines += rows.map { "  \($0.words.printable)" }
    }
    return lines + [conclusion]
  }

  /// The last line.
  package var conclusion: String {
    let warnings = findings.filter { $0.state == .warning }.count
    let skipped = findings.filter { $0.state == .skipped }.count
    let verdict =
      failures.isEmpty ? "nothing is wrong" : "\(failures.count) FAILED, the first is: \(failures[0].check.rawValue)"
    return
      "\(verdict); \(warnings) warning\(warnings == 1 ? "" : "s"), \(skipped) not checked; device: \(board.device.line)"
  }

  /// The report as `dpu.doctor/1`.
  package var json: JSONValue {
    .object([
      "schema": .string("dpu.doctor/1"), "device": board.device.json,
      "simulated": .bool(board.device.kind == "simulated"), "root": .string(board.root),
      "board": .optional(board.board) { .string($0.name) }, "model": .optional(model) { .string($0.path) },
      "failed": .integer(failures.count),
      "findings": .array(
        findings.map { finding in
          .record([
            "check": .string(finding.check.rawValue), "state": .string(finding.state.key),
            "found": .string(finding.found), "fix": .optional(finding.fix) { .string($0) },
          ])
        }),
      "images": .array(
        rows.map { row in
          .record([
            "board": .string(row.board.name), "release": .string(row.image.release),
            "fingerprint": .string(row.image.fingerprint), "target": .string(row.image.target),
            "models": .string(row.image.models), "fits": .bool(row.fits), "arch_json": .string(row.image.archJSON),
          ])
        }),
    ])
  }
}
