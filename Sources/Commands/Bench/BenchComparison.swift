import Devices
import JSONValues

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A report of today beside one that was kept.
struct BenchComparison: Sendable {
  /// What is read of a kept report.
  struct Kept: Decodable, Sendable {
    /// What is read of its provenance.
    struct Provenance: Decodable, Sendable {
      /// What is read of its device.
      struct Device: Decodable, Sendable {
        let kind: String
        let detail: String
      }

      let model: String
      let modelSHA256: String
      let executableSHA256: String?
      let device: Device
      let processor: String
      let date: String

      private enum CodingKeys: String, CodingKey {
        case model, device, processor, date
        case modelSHA256 = "model_sha256"
        case executableSHA256 = "executable_sha256"
      }
    }

    /// What is read of a phase.
    struct Phase: Decodable, Sendable {
      /// What is read of its windows.
      struct Stability: Decodable, Sendable { let verdict: String }

      let phase: String
      let definition: String
      let rate: Double
      let inFlight: Int
      let windowRates: [Double]
      let stability: Stability

      private enum CodingKeys: String, CodingKey {
        case phase, definition, stability
        case rate = "frames_per_second"
        case inFlight = "in_flight"
        case windowRates = "window_rates"
      }
    }

    let schema: String
    let provenance: Provenance
    let cores: Int
    let frame: String
    let phases: [Phase]
  }

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

  /// Reads a kept report.
  ///
  /// - Throws: For a file that is no report of `dpu bench --json`.
  static func read(_ path: String) throws -> Kept {
    let content: Data
    do { content = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw CommandError(.invalidInput, "\(path): the report to compare with cannot be read")
    }
    let kept: Kept
    do { kept = try JSONDecoder().decode(Kept.self, from: content) } catch {
      throw CommandError(
        .invalidInput, "\(path): is no report of 'dpu bench --json': a member is missing or of another kind")
    }
    guard kept.schema == "dpu.bench/1" else {
      throw CommandError(
        .invalidInput, "\(path): has the schema \"\(kept.schema.printable)\", expected \"dpu.bench/1\"")
    }
    return kept
  }

  /// Refuses what can't be compared, before anything is measured.
  ///
  /// - Throws: For another model, device or machine.
  static func check(_ kept: Kept, path: String, against provenance: Provenance) throws {
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
  init(_ kept: Kept, path: String, with report: BenchReport) {
    self.path = path
    var rows: [Row] = []
    var remarks: [String] = []
    if kept.cores != report.coreCount { remarks.append("cores differ: \(kept.cores), now \(report.coreCount)") }
    let isSameProgram = kept.provenance.executableSHA256 == report.provenance.binary.sha256
    remarks.append(
      "the old run is of \(kept.provenance.date.printable), with "
        + (isSameProgram ? "the same program" : "another build of the program"))
    for phase in report.phases {
      let name = phase.phase.rawValue
      guard let old = kept.phases.first(where: { $0.phase == name }) else {
        remarks.append("\(name): not in the old report")
        continue
      }
      guard old.definition == phase.definition else {
        remarks.append("\(name): not compared, it was measured otherwise: \(old.definition.printable)")
        continue
      }
      var doubts: [String] = []
      if old.stability.verdict != Stability.Verdict.stable.rawValue {
        doubts.append("the old run was \(old.stability.verdict.printable)")
      }
      if phase.stability.verdict != .stable { doubts.append("this run is \(phase.stability.verdict.rawValue)") }
      if old.inFlight != phase.inFlight { doubts.append("in flight \(old.inFlight), now \(phase.inFlight)") }
      rows.append(
        Row(
          phase: name, oldRate: old.rate, newRate: phase.framesPerSecond,
          comparison: PairedComparison(old: old.windowRates, new: phase.windows.rates), doubts: doubts))
    }
    self.rows = rows
    self.remarks = remarks
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
            "median_ratio": .number(row.comparison.medianRatio),
            "low": .optional(row.comparison.interval) { .number($0.lowerBound) },
            "high": .optional(row.comparison.interval) { .number($0.upperBound) },
            "pairs": .integer(row.comparison.pairCount), "old_frames_per_second": .number(row.oldRate),
            "doubts": .strings(row.doubts),
          ])
        }), "remarks": .strings(remarks),
    ])
  }
}
