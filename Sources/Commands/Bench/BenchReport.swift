import Devices

/// Everything that `dpu bench` tells of one model, gathered once for all of its forms.
struct BenchReport: Sendable {
  let provenance: Provenance
  /// What frames a second are frames of, as words behind the number.
  let rateMeaning: String
  /// Where the frames of the phases in memory come from.
  let frameOrigin: String
  /// What is run and what is made of it.
  let input: BenchInput
  /// The files that could not be used.
  let failures: [InputList.Failure]
  /// How much of preprocessing the frame in memory is due to its size, `nil` where it is not resized.
  let resizeShare: Double?
  let warmUp: Duration
  let duration: Duration
  let coreCount: Int
  let loadTime: Duration
  let firstTime: Duration
  let phases: [PhaseMeasurement]
  /// What power was measured of, or that nothing measures it.
  let power: String
  let hints: [String]
  /// Which phases are missing and why, `nil` where none is.
  let incomplete: String?
  /// What became of a comparison with an older report.
  var comparison: BenchComparison?

  /// Sums up the phases of a subject.
  init(
    _ subject: BenchSubject, _ provenance: Provenance, _ input: BenchInput, warmUp: Duration, duration: Duration,
    _ result: BenchPass.Result, power: BenchPower
  ) {
    let phases = result.phases
    self.provenance = provenance
    rateMeaning = subject.rateMeaning
    frameOrigin = subject.origin
    self.input = input
    failures = subject.files.failures
    resizeShare = subject.resizing?.share
    self.warmUp = warmUp
    self.duration = duration
    coreCount = subject.opened.coreCount
    loadTime = subject.loadTime
    firstTime = subject.firstTime
    self.phases = phases
    self.power = power.words
    var facts = BenchHints.Facts()
    facts.processorCount = provenance.processorCount
    facts.deviceIsProcessor = ["software", "simulated"].contains(provenance.device.kind)
    facts.unstablePhases = phases.filter { $0.stability.verdict == .notStable }.map(\.phase.rawValue)
    if let whole = phases.first(where: { $0.phase == .endToEnd }) {
      facts.coreBusy = whole.coreBusy
      facts.stages = whole.stages.map {
        BenchHints.Facts.Stage(
          Self.words(for: $0.stage), processors: $0.processors,
          advice: $0.stage == .preprocess ? subject.resizing?.advice : nil)
      }
      facts.inFlight = whole.inFlight
      facts.isInFlightFound = whole.isInFlightFound
      if let alone = phases.first(where: { $0.phase == .deviceOnly }) {
        facts.shareOfDeviceOnly = whole.framesPerSecond / alone.framesPerSecond
      }
    }
    hints = BenchHints.make(of: facts)
    incomplete = Self.words(for: result)
  }

  private static func words(for result: BenchPass.Result) -> String? {
    let measured = result.phases.map(\.phase)
    let missing = PhaseMeasurement.Phase.allCases.filter { !measured.contains($0) }.map(\.rawValue)
    guard !missing.isEmpty else { return nil }
    return "\(missing.joined(separator: " and ")) not measured: "
      + (result.failure?.message ?? "stopped by a signal")
  }

  /// A stage as a hint names it.
  static func words(for stage: StageTimes.Stage) -> String {
    switch stage {
    case .decode: "decode (reading and decoding files)"
    case .preprocess: "preprocess (resizing, scaling, rounding into the device's buffer)"
    case .device: "device"
    case .postprocess: "postprocess (classes, label maps, overlays)"
    case .write: "write (encoding and writing files)"
    }
  }
}
