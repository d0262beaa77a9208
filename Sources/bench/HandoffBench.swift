import Devices
import Inference
import Tensors
import Threads

/// What the scheduler costs: an empty job beside the least that a hand-over between threads costs, in turn in one run.
struct HandoffBench {
  /// The schema of the JSON document.
  static let schema = "swift-dpu/bench-handoff/1"

  private static let samples = 21
  private static let runsPerSample = 1000
  private static let inFlight = 16

  private let isJSON: Bool

  /// Prepares to measure.
  init(isJSON: Bool) { self.isJSON = isJSON }

  /// One way to run an empty job.
  struct Result: Encodable {
    /// The way.
    let name: String
    /// The median of the samples.
    ///
    /// - Units: µs for each job
    let medianMicroseconds: Double
    /// The best sample.
    let bestMicroseconds: Double
    /// The median over that of the bare round trip.
    let ratio: Double
    /// What is to be reached, in words.
    let target: String?
    /// Whether it is reached.
    let isReached: Bool?
  }

  /// The JSON document.
  struct Document: Encodable {
    /// What the fields are.
    let schema = HandoffBench.schema
    /// The machine, before the first run.
    let machine: MachineRecord
    /// The ways.
    let results: [Result]
  }

  private enum Way: String, CaseIterable {
    case bare = "bare condition-variable round trip"
    case blocking = "blocking call"
    case handedOver = "blocking call with a deadline (the core's own thread)"
    case awaiting = "await"
    case pipelined = "pipelined, 16 in flight"

    /// The most that the median may be, and whether it is a ratio to the bare round trip or microseconds.
    var target: (most: Double, isRatio: Bool)? {
      switch self {
      case .bare, .handedOver: nil
      case .blocking: (1.1, true)
      case .awaiting: (1.4, true)
      case .pipelined: (4, false)
      }
    }
  }

  /// Measures all ways in turn and prints what comes out.
  ///
  /// - Returns: Whether all reached what is aimed at.
  func report() throws -> Bool {
    let machine = MachineRecord.current()
    let device = EmptyDevice()
    let shape = Shape([1, 1, 1, 1])
    let model = try Scheduler(devices: [device]).load(
      SyntheticModel.make(input: shape, output: shape), host: device, scope: .whole, slots: Self.inFlight)
    let roundTrip = ConditionRoundTrip()
    let partner = try OwnThread { roundTrip.answer() }
    defer {
      roundTrip.stop()
      partner.join()
    }
    var times: [Way: [Double]] = [:]
    for sample in 0...Self.samples {
      for way in Way.allCases {
        let time = try measure(way, model, roundTrip)
        // The first round warms up.
        if sample > 0 { times[way, default: []].append(time) }
      }
    }
    let bare = Self.median(times[.bare] ?? [])
    let results = Way.allCases.map { Self.result($0, times[$0] ?? [], bare: bare) }
    print(results: results, machine)
    return results.allSatisfy { $0.isReached != false }
  }

  /// - Returns: Microseconds for each job.
  private func measure(_ way: Way, _ model: ScheduledModel, _ roundTrip: ConditionRoundTrip) throws -> Double {
    let start = Moment.now
    switch way {
    case .bare: for _ in 0..<Self.runsPerSample { roundTrip.run() }
    case .blocking:
      let slot = try model.takeSlotNow()
      for _ in 0..<Self.runsPerSample { try slot.runAndWait() }
      slot.giveBack()
    case .handedOver:
      let options = JobOptions(within: .seconds(600))
      let slot = try model.takeSlotNow()
      for _ in 0..<Self.runsPerSample { try slot.runAndWait(options) }
      slot.giveBack()
    case .awaiting: return try awaited(model)
    case .pipelined:
      let stream = model.stream(inFlight: .fixed(Self.inFlight))
      for number in 0..<Self.runsPerSample + Self.inFlight - 1 {
        if number < Self.runsPerSample { stream.submit(try stream.take()) }
        if number >= Self.inFlight - 1 { stream.next()?.giveBack() }
      }
    }
    return Self.microseconds(since: start)
  }

  private func awaited(_ model: ScheduledModel) throws -> Double {
    let result = Monitor<Swift.Result<Double, any Error>?>(nil)
    Task {
      let outcome: Swift.Result<Double, any Error>
      do {
        let slot = try model.takeSlotNow()
        let start = Moment.now
        for _ in 0..<Self.runsPerSample { try await slot.run() }
        outcome = .success(Self.microseconds(since: start))
        slot.giveBack()
      } catch { outcome = .failure(error) }
      result.update { $0 = outcome }
    }
    guard let outcome = result.wait(until: { $0 }) else { preconditionFailure("a wait without end has a result") }
    return try outcome.get()
  }

  private static func microseconds(since start: Moment) -> Double {
    Double((Moment.now - start).nanoseconds) / 1000 / Double(runsPerSample)
  }

  private static func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }

  private static func result(_ way: Way, _ times: [Double], bare: Double) -> Result {
    let middle = median(times)
    let reached = way.target.map { ($0.isRatio ? middle / bare : middle) <= $0.most }
    return Result(
      name: way.rawValue, medianMicroseconds: middle, bestMicroseconds: times.min() ?? 0, ratio: middle / bare,
      target: way.target.map { $0.isRatio ? "at most \($0.most) of the bare round trip" : "at most \($0.most) µs" },
      isReached: reached)
  }

  private func print(results: [Result], _ machine: MachineRecord) {
    if isJSON, let text = try? JSON.document(Document(machine: machine, results: results)) {
      Swift.print(text)
      return
    }
    Swift.print("an empty job, medians of \(Self.samples) samples of \(Self.runsPerSample), taken in turn")
    for result in results {
      let target = result.target.map { "  (\($0): \(result.isReached == true ? "reached" : "NOT reached"))" } ?? ""
      Swift.print(
        "  \(result.name): \(Decimals.text(result.medianMicroseconds, 2)) µs, \(Decimals.text(result.ratio, 2)) of the "
          + "bare round trip\(target)")
    }
    Swift.print(
      "\(machine.processor), load \(machine.loadAverage ?? 0), \(machine.compiler), \(machine.configuration)")
  }
}
