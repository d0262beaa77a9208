/// What a person should make of a measurement, in words.
package enum BenchHints {
  /// What the hints follow from: the end-to-end phase, and the device-only phase before it.
  package struct Facts: Equatable, Sendable {
    /// What a stage of the host takes.
    package struct Stage: Equatable, Sendable {
      /// The stage in words.
      package var name: String
      /// Its processor time over the time of the phase: 1 is one processor.
      package var processors: Double
      /// What it is mostly made of, and how to take less, where that was measured.
      package var advice: String?

      /// Makes a stage.
      package init(_ name: String, processors: Double, advice: String? = nil) {
        (self.name, self.processors, self.advice) = (name, processors, advice)
      }
    }

    /// How much of the time each core was at work, end to end.
    package var coreBusy: [Double] = []
    /// The stages of the host.
    package var stages: [Stage] = []
    /// The processors that the process may use.
    package var processorCount = 1
    /// Frames/s end to end over frames/s of the device alone, `nil` where one was not measured.
    package var shareOfDeviceOnly: Double?
    /// Whether the device is this machine's processor.
    package var deviceIsProcessor = false
    /// The number of frames in flight, and whether it was found automatically.
    package var inFlight = 1
    package var isInFlightFound = false
    /// What is not stable.
    package var unstablePhases: [String] = []

    /// Makes facts that call for no hint.
    package init() {}
  }

  /// The share of a core's time above which the device is what limits.
  package static let busyEnough = 0.95
  /// The share of a processor above which a stage is mentioned.
  package static let mentioned = 0.25

  /// The hints, the most important first.
  package static func make(of facts: Facts) -> [String] {
    var hints: [String] = []
    for phase in facts.unstablePhases {
      hints.append("\(phase) is not stable: measure longer (--duration), or on a quieter machine")
    }
    let busy = facts.coreBusy.isEmpty ? nil : facts.coreBusy.reduce(0, +) / Double(facts.coreBusy.count)
    if let busy, !facts.deviceIsProcessor {
      let cores = facts.coreBusy.count == 1 ? "its core is" : "its \(facts.coreBusy.count) cores are"
      hints.append(
        busy >= busyEnough
          ? "the device is the limit: \(cores) busy \(percent(busy)) of the time end to end"
          : "the device waits for the host: \(cores) busy \(percent(busy)) of the time end to end")
    }
    if facts.deviceIsProcessor {
      hints.append("the device is this machine's processor: what the host stages take, it lacks")
    }
    let all = facts.stages.reduce(0) { $0 + $1.processors }
    for stage in facts.stages.sorted(by: { $0.processors > $1.processors }) where stage.processors >= mentioned {
      hints.append(
        "\(stage.name) takes \(percent(stage.processors)) of a processor core"
          + (stage.advice.map { ", \($0)" } ?? ""))
    }
    if !facts.deviceIsProcessor, all >= 0.85 * Double(facts.processorCount) {
      hints.append(
        "the host stages take \(percent(all / Double(facts.processorCount))) of all \(facts.processorCount) processors: "
          + "the host is the limit")
    } else if let busy, !facts.deviceIsProcessor, busy < busyEnough, !facts.isInFlightFound {
      hints.append(
        "processors and device both have time left: try --in-flight auto, now \(facts.inFlight), or a faster disk")
    }
    if let share = facts.shareOfDeviceOnly {
      hints.append("end to end gives \(percent(share)) of the frames of the device alone")
    }
    return hints
  }

  private static func percent(_ share: Double) -> String { "\((share * 100).formatted(decimals: 0)) %" }
}
