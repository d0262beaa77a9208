import Devices
import Inference
import SimulatedDPU
import Tensors
import Threads

/// What is lost around jobs of a known time: two workers that convert for C µs each and one paced core of T µs.
///
/// A worker hands a frame in and converts the next one meanwhile.
/// A runtime that holds a lock over conversion and job reaches 1/(T+C) frames a second; the most that two workers can
/// reach is 1/max(T, C/2).
struct PacedBench {
  /// The schema of the JSON document.
  static let schema = "swift-dpu/bench-paced/1"

  private static let cases: [(job: Int, conversion: Int)] = [
    (5810, 1000), (5810, 5810), (5810, 10000), (2000, 500), (2000, 2000), (2000, 6000),
  ]

  private let isJSON: Bool
  private let duration: Duration
  /// The least share of what two workers can reach.
  private static let target = 0.95

  /// Prepares to measure.
  ///
  /// - Parameter duration: For each case.
  init(isJSON: Bool, duration: Duration) {
    self.isJSON = isJSON
    self.duration = duration
  }

  /// One case.
  struct Result: Encodable {
    /// Microseconds of a job.
    let jobMicroseconds: Int
    /// Microseconds of a conversion.
    let conversionMicroseconds: Int
    /// What was reached.
    let framesPerSecond: Double
    /// The most that two workers can reach, 1/max(T, C/2).
    let mostFramesPerSecond: Double
    /// What was reached over the most.
    let share: Double
    /// How much of the time the core was at work, at exactly T for each job.
    let busyShare: Double
    /// What a runtime reaches that does one after the other, 1/(T+C).
    let serialFramesPerSecond: Double
  }

  /// The JSON document.
  struct Document: Encodable {
    /// What the fields are.
    let schema = PacedBench.schema
    /// What ran the jobs.
    let device = "paced (no DPU)"
    /// The machine, before the first run.
    let machine: MachineRecord
    /// The cases.
    let results: [Result]
  }

  /// Measures all cases and prints what comes out.
  ///
  /// - Returns: Whether all reached what is aimed at.
  func report() throws -> Bool {
    let machine = MachineRecord.current()
    var results: [Result] = []
    if !isJSON { print("device: paced (no DPU); one core, two workers, conversions and jobs by sleeping") }
    for (job, conversion) in Self.cases {
      let result = try measure(job: job, conversion: conversion)
      results.append(result)
      guard !isJSON else { continue }
      print(
        "  T \(job) µs, C \(conversion) µs: \(Decimals.text(result.framesPerSecond, 1)) frames/s, "
          + "\(Decimals.text(result.share, 3)) of 1/max(T, C/2) = \(Decimals.text(result.mostFramesPerSecond, 1)) "
          + "(\(result.share >= Self.target ? "reached" : "NOT reached"): \(Self.target)); core busy "
          + "\(Decimals.text(100 * result.busyShare, 1)) %; one after the other "
          + "\(Decimals.text(result.serialFramesPerSecond, 1))")
    }
    if isJSON { print(try JSON.document(Document(machine: machine, results: results))) }
    return results.allSatisfy { $0.share >= Self.target }
  }

  private func measure(job: Int, conversion: Int) throws -> Result {
    let port = PacedPort(
      .init(fingerprint: SyntheticModel.fingerprint, coreCount: 1, jobTime: .microseconds(job)))
    let device = try DPUDevice(port)
    let model = try Scheduler(devices: [device]).load(
      SyntheticModel.make(input: Shape([1, 256, 256, 1]), output: Shape([1, 256, 256, 6])), host: EmptyDevice(),
      scope: .whole)
    let start = Moment.now
    let end = start + duration
    // A worker hands its frame in and converts the next one: it does not wait for the job.
    let stream = model.stream(inFlight: .fixed(model.slotCount))
    let failures = Monitor<[any Error]>([])
    let workers = try (0..<2).map { _ throws(DeviceError) in
      try OwnThread {
        do {
          while Moment.now < end {
            let slot = try stream.take()
            PacedPort.sleep(until: .now + .microseconds(conversion))
            stream.submit(slot)
          }
        } catch {
          failures.update { $0.append(error) }
        }
      }
    }
    let finisher = try OwnThread {
      for worker in workers { worker.join() }
      stream.finish()
    }
    var count = 0
    while let slot = stream.next() {
      try slot.checkResult()
      slot.giveBack()
      count += 1
    }
    finisher.join()
    if let failure = failures.update({ $0.first }) { throw failure }
    let time = Double((Moment.now - start).nanoseconds) / 1e9
    let rate = Double(count) / time
    let most = 1e6 / max(Double(job), Double(conversion) / 2)
    return Result(
      jobMicroseconds: job, conversionMicroseconds: conversion, framesPerSecond: rate, mostFramesPerSecond: most,
      share: rate / most, busyShare: Double(port.jobCount(ofCore: 0) * job) / 1e6 / time,
      serialFramesPerSecond: 1e6 / Double(job + conversion))
  }
}
