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

  /// What was measured.
  struct Result: Sendable {
    var rows: [Row] = []
    /// The numbers of cores for which all was tried that is worth trying, so that the knee is known.
    var searchedCoreCounts: Set<Int> = []

    /// The knee of so many cores, `nil` where it is not known.
    func knee(ofCores coreCount: Int) -> Int? {
      guard searchedCoreCounts.contains(coreCount) else { return nil }
      return BenchSweep.knee(of: rows.filter { $0.coreCount == coreCount }.map(\.measurement.framesPerSecond))
    }
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

  /// Measures, from one core to all, until a signal comes.
  func run() throws -> Result {
    var result = Result()
    let scheduler = subject.opened.scheduler
    for coreCount in 1...subject.opened.coreCount {
      for core in 0..<subject.opened.coreCount {
        if core < coreCount { scheduler.use(core: core) } else { scheduler.stopUsing(core: core) }
      }
      var rates: [Double] = []
      while Self.isWorthTrying(after: rates), rates.count < subject.opened.model.slotCount {
        guard Interruption.exitCode == nil else { return result }
        let inFlight = rates.count + 1
        console.note("measuring \(coreCount) core\(coreCount == 1 ? "" : "s"), \(inFlight) in flight …")
        let loop = MemoryLoop(
          subject: subject, work: .endToEnd, inFlight: .fixed(inFlight), warmUp: setting.warmUp,
          duration: setting.duration)
        guard let measurement = try loop.run() else { return result }
        rates.append(measurement.framesPerSecond)
        result.rows.append(Row(coreCount: coreCount, measurement: measurement))
        // What is cut short is shown, but no knee is found with it.
        guard !measurement.isCutShort else { return result }
      }
      result.searchedCoreCounts.insert(coreCount)
    }
    return result
  }
}

/// What `dpu bench --sweep` tells.
struct SweepReport: Sendable {
  let provenance: Provenance
  let rateMeaning: String
  let frameOrigin: String
  let result: BenchSweep.Result
  /// How many cores were to be tried.
  let coreCount: Int
  /// The files that could not be used.
  let failures: [InputList.Failure]

  /// Whether a signal came before all was tried.
  private var isCutShort: Bool { result.searchedCoreCounts.count < coreCount }

  /// What is measured and what the knee is.
  static let definition =
    "end-to-end from the frame in memory to its result in memory; knee: the fewest frames in flight whose rate is within 3 % "
    + "of the best with these cores"

  /// What stands below the table.
  private var lines: [String] {
    guard isCutShort else { return [Self.definition] }
    let unknown = (1...coreCount).filter { !result.searchedCoreCounts.contains($0) }.map(String.init)
    return [
      "cut short by a signal; no knee is named for a number of cores with which not all was tried: "
        + unknown.joined(separator: ", "), Self.definition,
    ]
  }

  private var table: TextTable {
    var table = TextTable([
      ("cores", .right), ("in flight", .right), ("frames/s", .right), ("p50 ms", .right), ("p99 ms", .right),
      ("cores busy", .right), ("", .left), ("windows", .left),
    ])
    for row in result.rows {
      let measured = row.measurement
      let busy = measured.coreBusy.prefix(row.coreCount).map { "\(($0 * 100).formatted(decimals: 1)) %" }
      var cells = ["\(row.coreCount)", "\(measured.inFlight)", measured.framesPerSecond.formatted(decimals: 1)]
      cells += [measured.times.p50, measured.times.p99].map { (Double($0) / 1e6).formatted(decimals: 3) }
      cells += [
        busy.joined(separator: ", "), result.knee(ofCores: row.coreCount) == measured.inFlight ? "knee" : "",
        measured.stability.verdict.rawValue + (measured.isCutShort ? "; cut short by a signal" : ""),
      ]
      table.add(cells)
    }
    return table
  }

  /// The report for a person.
  func text(heading: (String) -> String) -> String {
    var lines = [heading("\(provenance.modelPath.printable) on device: \(provenance.device.line)")]
    lines += ["frames/s are those \(rateMeaning)", ""] + table.lines(indent: 2) + [""] + self.lines
    lines += ["", heading("Provenance")] + HelpText.columns(provenance.facts, width: .max)
    return lines.joined(separator: "\n")
  }

  /// The report as Markdown.
  var markdown: String {
    let title = "## \(provenance.modelPath.printable) on device: \(provenance.device.line)"
    let lines =
      [title, "", "frames/s are those \(rateMeaning)", ""] + table.markdown + [""] + self.lines.flatMap { [$0, ""] }
    return (lines + provenance.facts.map { "* **\($0.0)**: \($0.1)" }).joined(separator: "\n")
  }

  /// The report as the object `dpu.bench-sweep/1`, documented in docs/guide/json.md.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.bench-sweep/1"), "device": provenance.device.json, "provenance": provenance.json,
      "rates_of": .string(rateMeaning), "frame": .string(frameOrigin), "definition": .string(Self.definition),
      "cut_short": .bool(isCutShort),
      "rows": .array(
        result.rows.map { row in
          .record([
            "cores": .integer(row.coreCount), "in_flight": .integer(row.measurement.inFlight),
            "frames_per_second": .number(row.measurement.framesPerSecond),
            "p50_ms": .number(Double(row.measurement.times.p50) / 1e6),
            "p99_ms": .number(Double(row.measurement.times.p99) / 1e6),
            "core_busy": .array(row.measurement.coreBusy.prefix(row.coreCount).map { .number($0) }),
            "knee": .bool(result.knee(ofCores: row.coreCount) == row.measurement.inFlight),
            "stability": .string(row.measurement.stability.verdict.rawValue),
            "cut_short": .bool(row.measurement.isCutShort),
          ])
        }), "failures": .array(failures.map(\.json)),
    ])
  }
}
