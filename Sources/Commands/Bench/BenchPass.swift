import Devices
import Inference
import Vision

/// Measures the phases of one model in turn.
struct BenchPass {
  let subject: BenchSubject
  let setting: BenchSetting
  let console: Console

  /// Measures all phases, as far as no signal comes.
  ///
  /// - Parameters:
  ///   - groups: Files to run end to end; where there are none, the frame in memory is run.
  ///   - finisher: Writes results, `nil` for nowhere.
  func run(groups: [[String]], finisher: RunFinisher?) throws -> [PhaseMeasurement] {
    var phases: [PhaseMeasurement] = []
    func measure(_ phase: PhaseMeasurement.Phase, _ body: () throws -> PhaseMeasurement?) throws {
      guard Interruption.exitCode == nil else { return }
      console.note("measuring \(phase.rawValue) …")
      if let measurement = try body() { phases.append(measurement) }
    }
    try measure(.deviceOnly) { try memoryLoop(.deviceOnly).run() }
    try measure(.endToEnd) {
      if groups.isEmpty { return try memoryLoop(.endToEnd).run() }
      return try FileLoop(
        subject: subject, groups: groups, finisher: finisher, warmUp: setting.warmUp, duration: setting.duration
      ).run()
    }
    try measure(.latency) {
      try LatencyLoop(subject: subject, warmUp: setting.warmUp, duration: setting.duration).run()
    }
    return phases
  }

  private func memoryLoop(_ work: MemoryLoop.Work) -> MemoryLoop {
    MemoryLoop(
      subject: subject, work: work, inFlight: subject.opened.inFlight, warmUp: setting.warmUp,
      duration: setting.duration)
  }
}
