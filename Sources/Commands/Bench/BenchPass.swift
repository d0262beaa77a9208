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
  ///   - power: Measures what they take.
  func run(groups: [[String]], finisher: RunFinisher?, power: BenchPower) throws -> [PhaseMeasurement] {
    var phases = [try measure(.deviceOnly, power: power) { try memoryLoop(.deviceOnly).run() }]
    phases.append(
      try measure(.endToEnd, power: power) {
        if groups.isEmpty { return try memoryLoop(.endToEnd).run() }
        return try FileLoop(
          subject: subject, groups: groups, finisher: finisher, warmUp: setting.warmUp, duration: setting.duration
        ).run()
      })
    phases.append(
      try measure(.latency, power: power) {
        try LatencyLoop(subject: subject, warmUp: setting.warmUp, duration: setting.duration).run()
      })
    return phases.compactMap { $0 }
  }

  /// Measures the device alone and end to end from memory.
  func runFromMemory() throws -> [PhaseMeasurement] {
    [
      try measure(.deviceOnly) { try memoryLoop(.deviceOnly).run() },
      try measure(.endToEnd) { try memoryLoop(.endToEnd).run() },
    ].compactMap { $0 }
  }

  private func measure(
    _ phase: PhaseMeasurement.Phase, power: BenchPower? = nil, _ body: () throws -> PhaseMeasurement?
  ) throws -> PhaseMeasurement? {
    guard Interruption.exitCode == nil else { return nil }
    console.note("measuring \(phase.rawValue) …")
    guard var measurement = try body() else { return nil }
    measurement.power = power?.figures(of: measurement)
    return measurement
  }

  private func memoryLoop(_ work: MemoryLoop.Work) -> MemoryLoop {
    MemoryLoop(
      subject: subject, work: work, inFlight: subject.opened.inFlight, warmUp: setting.warmUp,
      duration: setting.duration)
  }
}
