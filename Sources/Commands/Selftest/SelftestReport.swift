import Devices
import XModel

/// What `dpu selftest` tells.
struct SelftestReport {
  let device: DeviceDescription
  let reference: DeviceDescription
  let model: Model?
  /// Whether the model is one of those that come with the program.
  let isSample: Bool
  /// Which files the board was opened with.
  let notes: [String]
  private(set) var cores: [CoreSelftest] = []

  /// Makes a report without cores.
  init(
    _ device: DeviceDescription, against reference: DeviceDescription, model: Model?, isSample: Bool, notes: [String]
  ) {
    self.device = device
    self.reference = reference
    self.model = model
    self.isSample = isSample
    self.notes = notes
  }

  /// Whether a board answered, and not something that stands for one.
  var isBoard: Bool { device.kind == "xrt" }

  /// What the times are times of.
  var timed: String {
    switch device.kind {
    case "xrt": "the board, carrying in and out included"
    case "software": "the software device on this machine, not a board"
    default: "the simulation on this machine, not a board: they say nothing about a board's speed"
    }
  }

  /// Whether everything was looked at and came out right.
  var isPassed: Bool { cores.allSatisfy(\.isPassed) }

  /// The exit code: the gravest of all steps.
  var code: ExitCode {
    let codes = Set(cores.flatMap { $0.steps.filter { $0.outcome != .passed }.map(\.code) })
    return [.deviceFailed, .noDevice, .invalidInput, .checkFailed].first { codes.contains($0) } ?? .success
  }

  /// Adds a core.
  mutating func add(_ core: CoreSelftest) { cores.append(core) }

  /// The lines that stand before all cores.
  var heading: [String] {
    var lines = ["device: \(device.line)"] + notes
    if let model {
      let path = model.path.printable
      lines.append(
        "model: \(path)\(isSample ? ", which comes with dpu" : ""); answers are compared with \(reference.line)")
    }
    return lines
  }

  /// The lines of one core.
  func lines(of core: CoreSelftest) -> [String] {
    var lines: [String] = []
    if let number = core.number {
      lines.append("core \(number)\(core.name.map { " (\($0.printable))" } ?? "") of device: \(device.line)")
    }
    for step in core.steps {
      let name = step.name.rawValue.padded(to: 12)
      lines.append("  \(name) \(step.outcome.rawValue.padded(to: 8)) \(step.found.printable)")
      if let remedy = step.remedy {
        lines.append("  \("".padded(to: 12)) \("".padded(to: 8)) to do: \(remedy.printable)")
      }
    }
    if !core.times.isEmpty {
      let times = core.times.map { "\($0.name.rawValue) \(milliseconds($0.duration)) ms" }.joined(separator: ", ")
      lines.append("  \("times".padded(to: 21)) \(times); of \(timed)")
    }
    if let estimate = core.cycleTime, isBoard { lines.append("  \("".padded(to: 21)) \(estimate)") }
    return lines
  }

  /// The last line.
  var conclusion: String {
    let steps = cores.flatMap(\.steps)
    let failed = steps.filter { $0.outcome == .failed }.count
    let skipped = steps.filter { $0.outcome == .skipped }.count
    let verdict =
      isPassed
      ? "passed: all \(steps.count) checks"
      : "NOT passed: \(failed) of \(steps.count) checks failed, \(skipped) not run"
    return "\(verdict), device: \(device.line)"
  }

  private func milliseconds(_ duration: Duration) -> String { (duration.seconds * 1000).formatted(decimals: 3) }
}

extension CoreSelftest {
  /// The time of the core alone in the last job, from its cycles and the clock that it was built for.
  fileprivate var cycleTime: String? {
    guard let counters, let identity, counters.cycles > 0, identity.megahertz > 0, !times.isEmpty else { return nil }
    let milliseconds = Double(counters.cycles) / Double(identity.megahertz) / 1000
    return
      "the core alone: \(counters.cycles) cycles of its last job, \(milliseconds.formatted(decimals: 3)) ms if its "
      + "clock is the \(identity.megahertz) MHz that it was built for"
  }
}

extension String {
  /// The text with spaces behind it, up to a width.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
