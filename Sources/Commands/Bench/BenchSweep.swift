import Devices
import Inference
import JSONValues

/// Frames in flight from one on, on one core, on two and so on: what each more brings.
package struct BenchSweep {
  /// One measurement.
  struct Row: Sendable {
    let coreCount: Int
    let measurement: PhaseMeasurement
  }

  /// How many further numbers are tried without a gain.
  static let patience = 2
  /// What counts as a gain, and how far below the best rate the knee may lie.
  static let gain = 0.03

  let subject: BenchSubject
  let setting: BenchSetting
  let console: Console

  /// The knee of rates for one frame in flight, two and so on: the fewest that give the best rate, but for 3 %.
  package static func knee(of rates: [Double]) -> Int? {
    guard let best = rates.max(), best > 0 else { return nil }
    return rates.firstIndex { $0 >= best * (1 - gain) }.map { $0 + 1 }
  }

  /// Whether a further frame in flight is worth trying: one of the last few brought a gain over all before it.
  package static func isWorthTrying(after rates: [Double]) -> Bool {
    var best = 0.0
    var since = 0
    for rate in rates {
      since = rate > best * (1 + gain) ? 0 : since + 1
      best = max(best, rate)
    }
    return since < patience
  }

  /// Measures, from one core to all.
  func run() throws -> [Row] {
    var rows: [Row] = []
    let scheduler = subject.opened.scheduler
    for coreCount in 1...subject.opened.coreCount {
      for core in 0..<subject.opened.coreCount {
        if core < coreCount { scheduler.use(core: core) } else { scheduler.stopUsing(core: core) }
      }
      var rates: [Double] = []
      while Self.isWorthTrying(after: rates), rates.count < subject.opened.model.slotCount {
        guard Interruption.exitCode == nil else { return rows }
        let inFlight = rates.count + 1
        console.note("measuring \(coreCount) core\(coreCount == 1 ? "" : "s"), \(inFlight) in flight …")
        let loop = MemoryLoop(
          subject: subject, work: .endToEnd, inFlight: .fixed(inFlight), warmUp: setting.warmUp,
          duration: setting.duration)
        guard let measurement = try loop.run() else { return rows }
        rates.append(measurement.framesPerSecond)
        rows.append(Row(coreCount: coreCount, measurement: measurement))
      }
    }
    return rows
  }
}

/// What `dpu bench --sweep` tells.
struct SweepReport: Sendable {
  let provenance: Provenance
  let rateMeaning: String
  let frameOrigin: String
  let rows: [BenchSweep.Row]
  let isCutShort: Bool

  /// What is measured and what the knee is.
  static let definition =
    "end-to-end from the frame in memory to its result in memory; knee: the fewest frames in flight whose rate is within 3 % "
    + "of the best with these cores"

  /// The knee of so many cores, `nil` where nothing was measured.
  func knee(ofCores coreCount: Int) -> Int? {
    BenchSweep.knee(of: rows.filter { $0.coreCount == coreCount }.map(\.measurement.framesPerSecond))
  }

  private var table: TextTable {
    var table = TextTable([
      ("cores", .right), ("in flight", .right), ("frames/s", .right), ("p50 ms", .right), ("p99 ms", .right),
      ("cores busy", .right), ("", .left), ("windows", .left),
    ])
    for row in rows {
      let measured = row.measurement
      let busy = measured.coreBusy.prefix(row.coreCount).map { "\(($0 * 100).formatted(decimals: 1)) %" }
      var cells = ["\(row.coreCount)", "\(measured.inFlight)", measured.framesPerSecond.formatted(decimals: 1)]
      cells += [measured.times.p50, measured.times.p99].map { (Double($0) / 1e6).formatted(decimals: 3) }
      cells += [
        busy.joined(separator: ", "), knee(ofCores: row.coreCount) == measured.inFlight ? "knee" : "",
        measured.stability.verdict.rawValue,
      ]
      table.add(cells)
    }
    return table
  }

  /// The report for a person.
  func text(heading: (String) -> String) -> String {
    var lines = [heading("\(provenance.modelPath.printable) on device: \(provenance.device.line)")]
    lines += ["frames/s are those \(rateMeaning)", ""] + table.lines(indent: 2) + ["", Self.definition]
    lines += ["", heading("Provenance")] + HelpText.columns(provenance.facts, width: .max)
    return lines.joined(separator: "\n")
  }

  /// The report as Markdown.
  var markdown: String {
    let title = "## \(provenance.modelPath.printable) on device: \(provenance.device.line)"
    let lines = [title, "", "frames/s are those \(rateMeaning)", ""] + table.markdown + ["", Self.definition, ""]
    return (lines + provenance.facts.map { "* **\($0.0)**: \($0.1)" }).joined(separator: "\n")
  }

  /// The report as the object `dpu.bench-sweep/1`, documented in docs/guide/json.md.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.bench-sweep/1"), "device": provenance.device.json, "provenance": provenance.json,
      "rates_of": .string(rateMeaning), "frame": .string(frameOrigin), "definition": .string(Self.definition),
      "cut_short": .bool(isCutShort),
      "rows": .array(
        rows.map { row in
          .record([
            "cores": .integer(row.coreCount), "in_flight": .integer(row.measurement.inFlight),
            "frames_per_second": .number(row.measurement.framesPerSecond),
            "p50_ms": .number(Double(row.measurement.times.p50) / 1e6),
            "p99_ms": .number(Double(row.measurement.times.p99) / 1e6),
            "core_busy": .array(row.measurement.coreBusy.prefix(row.coreCount).map { .number($0) }),
            "knee": .bool(knee(ofCores: row.coreCount) == row.measurement.inFlight),
            "stability": .string(row.measurement.stability.verdict.rawValue),
          ])
        }),
    ])
  }
}
