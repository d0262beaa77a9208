import Devices
import Inference
import Vision

/// Measures the phases of one model in turn.
struct BenchPass {
  let subject: BenchSubject
  let setting: BenchSetting
  let console: Console

  /// What was measured, and why not more.
  struct Result {
    var phases: [PhaseMeasurement] = []
    /// What ended it early.
    var failure: CommandError?
  }

  /// Measures all phases, as far as no signal comes and nothing fails.
  ///
  /// - Parameters:
  ///   - finisher: Writes results of files, `nil` for nowhere.
  ///   - power: Measures what they take.
  /// - Throws: What went wrong before a phase was measured; later, it is in the result beside what there is.
  func run(finisher: RunFinisher?, power: BenchPower) throws -> Result {
    var result = Result()
    do {
      for phase in PhaseMeasurement.Phase.allCases {
        if let measured = try measure(phase, power: power, { try run(phase, finisher) }) {
          result.phases.append(measured)
        }
      }
    } catch {
      guard !result.phases.isEmpty else { throw error }
      result.failure = CommandError(of: error)
    }
    return result
  }

  private func run(_ phase: PhaseMeasurement.Phase, _ finisher: RunFinisher?) throws -> PhaseMeasurement? {
    switch phase {
    case .deviceOnly: try memoryLoop(.deviceOnly).run()
    case .endToEnd where subject.files.groups.isEmpty: try memoryLoop(.endToEnd).run()
    case .endToEnd:
      try FileLoop(
        subject: subject, groups: subject.files.groups, finisher: finisher, warmUp: setting.warmUp,
        duration: setting.duration
      ).run()
    case .latency: try LatencyLoop(subject: subject, warmUp: setting.warmUp, duration: setting.duration).run()
    }
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
    measurement.power = power?.measured(measurement)
    return measurement
  }

  private func memoryLoop(_ work: MemoryLoop.Work) -> MemoryLoop {
    MemoryLoop(
      subject: subject, work: work, inFlight: subject.opened.inFlight, warmUp: setting.warmUp,
      duration: setting.duration)
  }
}

extension CommandError {
  /// Makes an error of whatever ended a measurement.
  fileprivate init(of error: any Error) {
    switch error {
    case let error as CommandError: self = error
    case let error as VisionError: self.init(error)
    case let error as DeviceError: self.init(error)
    case let error as InferenceError:
      self.init(DeviceError(error.cause?.code ?? .failed, error.message))
    default: self.init(.invalidInput, "\(error)")
    }
  }
}
