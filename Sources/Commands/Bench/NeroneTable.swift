import Devices
import JSONValues
import SimulatedDPU
import XModel

/// Table I of the NERONE paper beside what is measured here and what is predicted: three columns that never mix.
struct NeroneTable: Sendable {
  /// A task of the paper.
  struct Task: Sendable {
    let name: String
    /// The model's file in the folder.
    let file: String
    /// Frames/s with PYNQ-DPU on a ZCU104.
    let pynq: Double
    /// Frames/s with VART on a ZCU104.
    let vart: Double
    /// Whether that was measured: the others are the PYNQ figures times 4.0448.
    let isVARTMeasured: Bool
    /// Watts with PYNQ-DPU.
    let watts: Double
    /// Percent: Dice, of BCCD accuracy.
    let score: Double
  }

  /// One task with its figures of here.
  struct Row: Sendable {
    let task: Task
    let deviceOnly: PhaseMeasurement?
    let endToEnd: PhaseMeasurement?
    /// Frames/s of two cores of a ZCU104 by the cycle model, `nil` for a file without instructions.
    let predicted: Double?
    let modelSHA256: String

    /// Whether a signal came before both were measured.
    var isCutShort: Bool { deviceOnly?.isCutShort != false || endToEnd?.isCutShort != false }
  }

  /// The tasks of the table.
  ///
  /// - Source: the NERONE paper, Table I, and its repository: ZCU104, frames/s, watts, percent.
  static let tasks = [
    Task(
      name: "CT-ORG", file: "ctorg.xmodel", pynq: 82.92, vart: 335.40, isVARTMeasured: true, watts: 17.59, score: 90.10),
    Task(
      name: "BraTS", file: "brats.xmodel", pynq: 93.34, vart: 377.53, isVARTMeasured: false, watts: 16.47, score: 82.89),
    Task(
      name: "Prostate", file: "prostate.xmodel", pynq: 190.68, vart: 771.27, isVARTMeasured: false, watts: 15.96,
      score: 91.59),
    Task(
      name: "BCCD", file: "bccd.xmodel", pynq: 225.49, vart: 912.06, isVARTMeasured: false, watts: 17.35, score: 92.05),
  ]

  /// What stands below the table.
  static let notes = [
    "paper: as printed there, of a ZCU104; nothing of it was measured here. *: not a measurement of its own, the PYNQ-DPU "
      + "figure times 4.0448. 335.40 was measured with another model (SENECA 1M)",
    "predicted: two cores of a ZCU104 at 300 MHz, device alone, by 'dpu predict'; "
      + "expect \(PredictionRange.percent.inClass) to \(PredictionRange.percent.elsewhere) %",
  ]

  let rows: [Row]
  let provenance: Provenance
  /// What frames a second are frames of.
  let rateMeaning: String

  /// Whether a signal came before all was measured.
  private var isCutShort: Bool { rows.count < Self.tasks.count || rows.contains(where: \.isCutShort) }

  /// The column of what was measured.
  private var measuredTitle: String { "measured here: \(provenance.device.line)" }

  private var table: TextTable {
    var table = TextTable([
      ("task", .left), ("paper, PYNQ-DPU", .right), ("paper, VART", .right), ("paper, W", .right),
      ("paper, Dice or accuracy", .right), ("measured here, device alone", .right),
      ("measured here, end to end", .right), ("predicted, ZCU104", .right),
    ])
    for row in rows {
      let task = row.task
      table.add([
        task.name, task.pynq.formatted(decimals: 2),
        task.vart.formatted(decimals: 2) + (task.isVARTMeasured ? "" : " *"),
        task.watts.formatted(decimals: 2), "\(task.score.formatted(decimals: 2)) %", rate(row.deviceOnly),
        rate(row.endToEnd), row.predicted.map { $0.formatted(decimals: 1) } ?? "no instructions",
      ])
    }
    return table
  }

  private func rate(_ phase: PhaseMeasurement?) -> String {
    guard let phase else { return "not measured" }
    let rate = phase.framesPerSecond.formatted(decimals: 1)
    if phase.isCutShort { return "\(rate) (cut short)" }
    return rate + (phase.stability.verdict == .notStable ? " (not stable)" : "")
  }

  /// What is missing, where a signal came.
  private var cut: [String] {
    guard isCutShort else { return [] }
    let missing = Self.tasks.dropFirst(rows.count).map(\.name)
    return ["cut short by a signal" + (missing.isEmpty ? "" : "; not measured: \(missing.joined(separator: ", "))")]
  }

  private var lines: [String] {
    cut + [
      "frames/s unless it says otherwise",
      "\(measuredTitle); frames/s are those \(rateMeaning); end to end from memory to "
        + "memory, no files",
    ] + Self.notes
  }

  /// The table for a person.
  func text(heading: (String) -> String) -> String {
    ([heading("NERONE, Table I"), ""] + table.lines(indent: 2) + [""] + lines + ["", heading("Provenance")]
      + HelpText.columns(facts, width: .max)).joined(separator: "\n")
  }

  /// The table as Markdown.
  var markdown: String {
    (["## NERONE, Table I", ""] + table.markdown + [""]
      + (lines.map { ("", $0) } + facts).map {
        $0.0.isEmpty ? "* \($0.1)" : "* **\($0.0)**: \($0.1)"
      }).joined(separator: "\n")
  }

  /// What was measured with what; each model has a hash of its own.
  private var facts: [(String, String)] {
    provenance.facts.filter { !["model", "compiled for"].contains($0.0) }
      + rows.map { (String("model \($0.task.name)"), "\($0.task.file), sha256 \($0.modelSHA256)") }
  }

  /// The table as the object `dpu.bench-nerone/1`, documented in docs/guide/json.md.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.bench-nerone/1"), "device": provenance.device.json, "provenance": provenance.json,
      "rates_of": .string(rateMeaning), "notes": .strings(Self.notes), "cut_short": .bool(isCutShort),
      "rows": .array(
        rows.map { row in
          .object([
            "task": .string(row.task.name), "file": .string(row.task.file), "model_sha256": .string(row.modelSHA256),
            "paper": .record([
              "device": .string("ZCU104"), "pynq_frames_per_second": .number(row.task.pynq),
              "vart_frames_per_second": .number(row.task.vart), "vart_was_measured": .bool(row.task.isVARTMeasured),
              "pynq_watts": .number(row.task.watts), "score_percent": .number(row.task.score),
            ]),
            "measured_here": .record([
              "device": .string(provenance.device.line),
              "device_only_frames_per_second": .optional(row.deviceOnly) { .number($0.framesPerSecond) },
              "end_to_end_frames_per_second": .optional(row.endToEnd) { .number($0.framesPerSecond) },
              "device_only_stability": .optional(row.deviceOnly) { .string($0.stability.verdict.rawValue) },
              "end_to_end_stability": .optional(row.endToEnd) { .string($0.stability.verdict.rawValue) },
              "cut_short": .bool(row.isCutShort),
            ]),
            "predicted": .record([
              "device": .string("ZCU104, 2 cores, 300 MHz"),
              "device_only_frames_per_second": .optional(row.predicted) { .number($0) },
            ]),
          ])
        }),
    ])
  }
}
