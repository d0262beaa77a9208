import Devices
import JSONValues

extension BenchReport {
  /// The report as lines for a person.
  ///
  /// - Parameter heading: Marks a heading, with a colour where there is one.
  func text(heading: (String) -> String) -> String {
    var lines = [heading("\(provenance.modelPath.printable) on device: \(provenance.device.line)")]
    lines += rateLines + [""] + phaseTable.lines(indent: 2) + [""]
    lines += HelpText.columns(definitions, width: .max)
    if let table = stageTable { lines += ["", heading("Stages of the host, end to end")] + table.lines(indent: 2) }
    if let table = powerTable { lines += ["", heading("Power and temperature")] + table.lines(indent: 2) }
    if !hints.isEmpty { lines += ["", heading("Hints")] + hints.map { "  " + $0 } }
    if let comparison {
      lines += ["", heading("Compared with \(comparison.path.printable)")] + comparison.lines.map { "  " + $0 }
    }
    lines += ["", heading("Provenance")] + HelpText.columns(provenance.facts, width: .max)
    return lines.joined(separator: "\n")
  }

  /// The report as Markdown.
  var markdown: String {
    var lines = ["## \(provenance.modelPath.printable) on device: \(provenance.device.line)", ""]
    lines += Array(rateLines.map { [$0] }.joined(separator: [""])) + [""]
    lines += phaseTable.markdown + [""] + definitions.map { "* **\($0.0)**: \($0.1)" }
    if let table = stageTable { lines += ["", "### Stages of the host, end to end", ""] + table.markdown }
    if let table = powerTable { lines += ["", "### Power and temperature", ""] + table.markdown }
    if !hints.isEmpty { lines += ["", "### Hints", ""] + hints.map { "* " + $0 } }
    if let comparison {
      lines += ["", "### Compared with \(comparison.path.printable)", ""] + comparison.lines.map { "* " + $0 }
    }
    lines += ["", "### Provenance", ""] + provenance.facts.map { "* **\($0.0)**: \($0.1)" }
    return lines.joined(separator: "\n")
  }

  /// The report as the object `dpu.bench/1`, documented in docs/guide/json.md.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.bench/1"), "device": provenance.device.json, "provenance": provenance.json,
      "rates_of": .string(rateMeaning),
      "frame": .string(frameOrigin), "input": input.json, "cores": .integer(coreCount),
      "warm_up_seconds": .number(warmUp.seconds),
      "duration_seconds": .number(duration.seconds), "load_seconds": .number(loadTime.seconds),
      "first_inference_seconds": .number(firstTime.seconds), "power": .string(power),
      "stable_rule": .string(Stability.rule), "phases": .array(phases.map(\.json)), "hints": .strings(hints),
      "resize_share": .optional(resizeShare) { .number($0) },
      "comparison": .optional(comparison) { $0.json }, "incomplete": .optional(incomplete) { .string($0) },
      "failures": .array(failures.map(\.json)),
    ])
  }

  private var rateLines: [String] {
    ["frames/s are those \(rateMeaning)"] + (incomplete.map { ["incomplete: \($0)"] } ?? [])
      + (failures.isEmpty ? [] : ["\(InputList.skipped(failures.count)); the others were run"])
  }

  private var phaseTable: TextTable {
    var table = TextTable([
      ("phase", .left), ("frames/s", .right), ("p50 ms", .right), ("p90 ms", .right), ("p99 ms", .right),
      ("max ms", .right), ("cores busy", .right), ("in flight", .right), ("frames", .right), ("watts", .left),
      ("windows", .left),
    ])
    for phase in phases {
      let times = phase.times
      let milliseconds = [times.p50, times.p90, times.p99, times.most].map {
        (Double($0) / 1e6).formatted(decimals: 3)
      }
      let busy = phase.coreBusy.map { "\(($0 * 100).formatted(decimals: 1)) %" }.joined(separator: ", ")
      let inFlight = "\(phase.inFlight)" + (phase.isInFlightFound ? " (found)" : "")
      let windows = phase.stability.line + (phase.isCutShort ? "; cut short by a signal" : "")
      var cells = [phase.phase.rawValue, phase.framesPerSecond.formatted(decimals: 1)]
      cells += milliseconds
      cells += [
        busy, inFlight, phase.times.count.grouped, phase.power?.cell(frameCount: times.count) ?? power, windows,
      ]
      table.add(cells)
    }
    return table
  }

  private var definitions: [(String, String)] {
    var facts: [(String, String)] = []
    for phase in phases {
      facts.append((phase.phase.rawValue, "\(phase.definition). Times: \(phase.timeDefinition)"))
    }
    facts += [
      (
        "frames/s",
        "frames that ended after \(warmUp.seconds.formatted(decimals: 1)) s of warm-up, over the time from the first end to the last"
      ),
      ("percentiles", "of the times of all frames, nearest rank, none estimated"),
      ("cores busy", "time at work over time; a job is booked when it ends"), ("windows", Stability.rule),
      ("watts", watts), ("frame", frameOrigin),
      (
        "first inference",
        "\((firstTime.seconds * 1000).formatted(decimals: 3)) ms from the frame in memory to its result, after "
          + "\((loadTime.seconds * 1000).formatted(decimals: 3)) ms of loading the model; in no other figure"
      ),
    ]
    return facts
  }

  private var watts: String {
    var words: [String] = []
    if phases.contains(where: { $0.power?.summary?.meanWatts != nil }) {
      let idle = phases.lazy.compactMap { $0.power?.idle?.meanWatts }.first
      words.append(
        "mean and deviation over the phase of \(power); frames/J of all of it"
          + (idle.map { ", \($0.formatted(decimals: 2)) W of that before the first frame" } ?? ""))
    }
    let troubles = phases.map { $0.power?.trouble?.printable }
    if let trouble = troubles.first ?? nil, troubles.allSatisfy({ $0 == trouble }) {
      words.append(trouble)
    } else {
      for (phase, trouble) in zip(phases, troubles) {
        if let trouble { words.append("\(phase.phase.rawValue): \(trouble)") }
      }
    }
    return words.isEmpty ? power : words.joined(separator: "; ")
  }

  private var stageTable: TextTable? {
    guard let whole = phases.first(where: { $0.phase == .endToEnd }), !whole.stages.isEmpty else { return nil }
    var table = TextTable([
      ("stage", .left), ("CPU ms/frame", .right), ("of a processor", .right), ("ms/frame with waits", .right),
    ])
    for share in whole.stages {
      table.add([
        share.stage.rawValue, (share.processorTime.seconds * 1000).formatted(decimals: 3),
        "\((share.processors * 100).formatted(decimals: 1)) %", (share.time.seconds * 1000).formatted(decimals: 3),
      ])
    }
    return table
  }
}

extension PhaseMeasurement {
  /// The phase as a member of `phases`.
  var json: JSONValue {
    let stability = stability
    return .object([
      "phase": .string(phase.rawValue), "definition": .string(definition), "frames": .integer(times.count),
      "seconds": .number(duration.seconds), "frames_per_second": .number(framesPerSecond),
      "in_flight": .integer(inFlight), "in_flight_found": .bool(isInFlightFound),
      "times_of": .string(timeDefinition),
      "milliseconds": .record([
        "min": .number(Double(times.least) / 1e6), "p50": .number(Double(times.p50) / 1e6),
        "p90": .number(Double(times.p90) / 1e6), "p99": .number(Double(times.p99) / 1e6),
        "max": .number(Double(times.most) / 1e6),
      ]),
      "core_busy": .array(coreBusy.map { .number($0) }),
      "window_frames": .integer(windows.framesPerWindow), "window_rates": .array(windows.rates.map { .number($0) }),
      "stability": .record([
        "verdict": .string(stability.verdict.rawValue), "spread": .number(stability.spread),
        "drift": .number(stability.drift),
      ]),
      "stages": .array(
        stages.map {
          .record([
            "stage": .string($0.stage.rawValue), "cpu_seconds_per_frame": .number($0.processorTime.seconds),
            "of_a_processor": .number($0.processors), "seconds_per_frame": .number($0.time.seconds),
          ])
        }),
      "power": .optional(power) { $0.benchJSON(frameCount: times.count) }, "cut_short": .bool(isCutShort),
    ])
  }
}
