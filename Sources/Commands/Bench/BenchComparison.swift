import Devices
import JSONValues

/// A report of today beside one that was kept.
struct BenchComparison: Sendable {
  /// One phase of both.
  struct Row: Sendable {
    let phase: String
    let oldRate: Double
    let newRate: Double
    let comparison: PairedComparison
    /// What makes the comparison doubtful, in words.
    let doubts: [String]
  }

  /// The kept report's file.
  let path: String
  let rows: [Row]
  /// What is not compared, or differs, in words.
  let remarks: [String]

  /// Refuses what can't be compared, before anything is measured.
  ///
  /// - Throws: For another model, device or machine.
  static func check(_ kept: KeptReport, path: String, against provenance: Provenance) throws {
    let pairs: [(String, String, String)] = [
      ("model (sha256)", kept.provenance.modelSHA256, provenance.modelSHA256),
      (
        "device", "\(kept.provenance.device.kind) (\(kept.provenance.device.detail))", provenance.device.line
      ), ("processor", kept.provenance.processor, provenance.processor),
    ]
    for (name, old, new) in pairs where old != new {
      throw CommandError(
        .checkFailed,
        "\(path) is of another \(name): \(old.printable), now \(new.printable); only runs of the same model on the same "
          + "device and machine are compared")
    }
  }

  /// Compares phase by phase.
  init(_ kept: KeptReport, path: String, with report: BenchReport) {
    self.path = path
    var rows: [Row] = []
    var remarks: [String] = []
    let isSameProgram = kept.provenance.executableSHA256 == report.provenance.binary.sha256
    remarks.append(
      "the old run is of \(kept.provenance.date.printable), with "
        + (isSameProgram ? "the same program" : "another build of the program"))
    for phase in report.phases {
      let name = phase.phase.rawValue
      guard let old = kept.phases.first(where: { $0.phase == name }) else {
        remarks.append("\(name): not compared, it is not in the old report")
        continue
      }
      let differences = Self.differences(phase, old, kept, report)
      guard differences.isEmpty else {
        remarks.append("\(name): not compared, it was measured otherwise: \(differences.joined(separator: "; "))")
        continue
      }
      var doubts: [String] = []
      if old.stability.verdict != .stable { doubts.append("the old run was \(old.stability.verdict.rawValue)") }
      if phase.stability.verdict != .stable { doubts.append("this run is \(phase.stability.verdict.rawValue)") }
      if old.inFlight != phase.inFlight { doubts.append("in flight \(old.inFlight), now \(phase.inFlight)") }
      let isUnsteady = [old.stability.verdict, phase.stability.verdict].contains(.notStable)
      rows.append(
        Row(
          phase: name, oldRate: old.rate, newRate: phase.framesPerSecond,
          comparison: PairedComparison(old: old.windowRates, new: phase.windows.rates, areStable: !isUnsteady),
          doubts: doubts))
    }
    let measured = report.phases.map(\.phase.rawValue)
    for old in kept.phases where !measured.contains(old.phase) {
      remarks.append("\(old.phase.printable): not compared, it was not measured now")
    }
    self.rows = rows
    self.remarks = remarks
  }

  /// In what two measurements of a phase differ, in words; empty where they can be compared.
  private static func differences(
    _ phase: PhaseMeasurement, _ old: KeptReport.Phase, _ kept: KeptReport, _ report: BenchReport
  ) -> [String] {
    let (before, now) = (kept.input, report.input)
    var pairs = [
      ("cores", "\(kept.cores)", "\(report.coreCount)"),
      ("threads for what runs on the CPU", "\(kept.provenance.threads)", "\(report.provenance.threadCount)"),
      ("made of the outputs", before.task, now.task), ("definition", old.definition, phase.definition),
    ]
    if phase.phase != .deviceOnly { pairs.append(("preparation", before.preparation, now.preparation)) }
    if phase.phase == .endToEnd, before.files != nil || now.files != nil {
      pairs += [("files", before.fileWords, now.fileWords), ("written", before.written, now.written)]
    } else if before.frameSHA256 != now.frameSHA256 {
      pairs.append(
        (
          "frame", "\(kept.frame), sha256 \(before.frameSHA256.prefix(12))",
          "\(report.frameOrigin), sha256 \(now.frameSHA256.prefix(12))"
        ))
    }
    return pairs.filter { $0.1 != $0.2 }.map { "\($0.0): \($0.1.printable), now \($0.2.printable)" }
  }

  /// The comparison for a person.
  var lines: [String] {
    rows.map { row in
      let rates = "\(row.oldRate.formatted(decimals: 1)), now \(row.newRate.formatted(decimals: 1)) frames/s"
      return "\(row.phase): \(row.comparison.line) (\(rates))"
        + (row.doubts.isEmpty ? "" : "; " + row.doubts.joined(separator: "; "))
    } + remarks + ["how: \(PairedComparison.method)"]
  }

  /// The comparison as a member.
  var json: JSONValue {
    .object([
      "with": .string(path), "method": .string(PairedComparison.method),
      "phases": .array(
        rows.map { row in
          .record([
            "phase": .string(row.phase), "verdict": .string(row.comparison.verdict.rawValue),
            "median_ratio": .optional(row.comparison.medianRatio) { .number($0) },
            "low": .optional(row.comparison.interval) { .number($0.lowerBound) },
            "high": .optional(row.comparison.interval) { .number($0.upperBound) },
            "pairs": .integer(row.comparison.pairCount), "old_frames_per_second": .number(row.oldRate),
            "doubts": .strings(row.doubts),
          ])
        }), "remarks": .strings(remarks),
    ])
  }
}
