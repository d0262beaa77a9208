import Devices
import XModel

/// The self-test of one core, or of a device that has none.
struct CoreSelftest {
  /// What the model answers on the software device, by the name of the job.
  struct Golden {
    /// The jobs, with the seed of their inputs; no seed feeds zeros.
    static let jobs: [(name: SelftestStep.Name, seed: Int?)] = [(.zeroJob, nil), (.goldenJob, 1), (.secondJob, 2)]
    /// The outputs of each job.
    let outputs: [[[UInt8]]]

    /// Computes the answers.
    init(_ model: Model, on reference: any Device) throws(DeviceError) {
      let jobs = try SelftestJobs(model, on: reference)
      var outputs: [[[UInt8]]] = []
      for job in Golden.jobs { outputs.append(try jobs.run(seed: job.seed)) }
      self.outputs = outputs
    }
  }

  /// The number of the core, `nil` for a device without cores.
  let number: Int?
  /// What the device calls the core.
  let name: String?
  private(set) var fingerprint: Fingerprint?
  private(set) var identity: CoreIdentity?
  private(set) var counters: EngineCounters?
  private(set) var steps: [SelftestStep] = []
  /// How long each job took, carrying in and out included.
  private(set) var times: [(name: SelftestStep.Name, duration: Duration)] = []

  /// Tests a device without cores.
  init(_ device: any Device, model: Model, golden: Golden) {
    (number, name) = (nil, nil)
    runJobs(model, golden, on: device)
  }

  /// Tests a core.
  ///
  /// - Parameters:
  ///   - model: `nil` where there is none for the core: then only its registers are looked at.
  ///   - interrupts: How many interrupts the driver has counted, `nil` where that can't be told.
  init(_ number: Int, name: String?, of port: any Port, model: Model?, golden: Golden?, interrupts: () -> Int?) {
    self.number = number
    self.name = name
    let core = SingleCorePort(port, core: number)
    do throws(DeviceError) {
      let fingerprint = try core.fingerprint(ofCore: 0)
      self.fingerprint = fingerprint
      identity = try CoreIdentity(ofCore: 0, of: core)
      counters = try core.counters(ofCore: 0)
      check(fingerprint, model)
    } catch {
      steps.append(.failed(.fingerprint, error))
    }
    describeRegisters()
    guard let model, let golden, steps.allSatisfy({ $0.outcome == .passed }) else {
      skipRest()
      return
    }
    let before = interrupts()
    do throws(DeviceError) {
      runJobs(model, golden, on: try DPUDevice(core))
    } catch {
      steps.append(.failed(.load, error))
    }
    if let last = steps.last, last.outcome == .failed {
      if last.name != .load {
        steps[steps.count - 1] = explained(
          last, interrupts: before.flatMap { before in interrupts().map { $0 - before } })
      }
      skipRest()
      return
    }
    checkCounters(core)
  }

  /// Whether everything was looked at and came out right.
  var isPassed: Bool { steps.allSatisfy { $0.outcome == .passed } }

  private mutating func check(_ fingerprint: Fingerprint, _ model: Model?) {
    let words = "\(fingerprint) (\(fingerprint.hexadecimal))"
    if fingerprint.rawValue == 0 || fingerprint.rawValue == .max {
      steps.append(
        .failed(
          .fingerprint, "the register reads \(fingerprint.hexadecimal): there is no DPU at this address",
          "load the overlay that belongs to the xclbin; the PL holds another design, or its clock is off"))
      return
    }
    let compile =
      "compile a model with arch.json {\"fingerprint\": \"\(fingerprint.hexadecimal)\"} and give it as MODEL"
    guard let model else {
      steps.append(.passed(.fingerprint, "\(words); no sample model is compiled for it"))
      steps.append(.skipped(.load, "there is no sample model for this core", compile))
      return
    }
    guard let wanted = model.dpuFingerprints.first(where: { $0 != fingerprint }) else {
      steps.append(.passed(.fingerprint, "\(words), as the model needs"))
      return
    }
    let difference = String(wanted.rawValue ^ fingerprint.rawValue, radix: 16)
    steps.append(
      .failed(
        .fingerprint,
        DeviceError(
          .wrongCore,
          "the core is \(words), but the model needs \(wanted) (\(wanted.hexadecimal)): they differ in bits 0x\(difference)"
        ),
        compile))
  }

  private mutating func describeRegisters() {
    guard let identity, let counters else { return }
    let found =
      "\(identity.kind) IP \(identity.version), built \(identity.buildTime ?? "at a time that it does not tell"), "
      + "configured for \(identity.megahertz) MHz; last job: \(counters)"
    steps.insert(.passed(.registers, found), at: min(1, steps.count))
  }

  private mutating func runJobs(_ model: Model, _ golden: Golden, on device: any Device) {
    let jobs: SelftestJobs
    do throws(DeviceError) {
      jobs = try SelftestJobs(model, on: device)
    } catch {
      return steps.append(.failed(.load, error))
    }
    steps.append(.passed(.load, "\(jobs.count) DPU subgraph\(jobs.count == 1 ? "" : "s") in memory"))
    for (index, job) in CoreSelftest.Golden.jobs.enumerated() {
      do throws(DeviceError) {
        let clock = ContinuousClock()
        let start = clock.now
        let outputs = try jobs.run(seed: job.seed)
        times.append((job.name, start.duration(to: clock.now)))
        let step = compare(job.name, outputs, with: golden.outputs[index])
        steps.append(step)
        if step.outcome == .failed { return }
      } catch {
        return steps.append(.failed(job.name, error))
      }
    }
  }

  private func compare(_ name: SelftestStep.Name, _ found: [[UInt8]], with expected: [[UInt8]]) -> SelftestStep {
    let byteCount = expected.reduce(0) { $0 + $1.count }
    var wrong = 0
    var first: (output: Int, byte: Int)?
    for (output, (left, right)) in zip(found, expected).enumerated() {
      for byte in right.indices where left[byte] != right[byte] {
        wrong += 1
        if first == nil { first = (output, byte) }
      }
    }
    guard let first else { return .passed(name, "all \(byteCount.grouped) bytes as the software device computes them") }
    return .failed(
      name,
      "WRONG ANSWER: \(wrong.grouped) of \(byteCount.grouped) bytes differ from the software device's, the first is byte "
        + "\(first.byte.grouped) of output \(first.output)",
      "do not trust this device: a sync of the caches is missing (libxrt and zocl of different releases), an AXI port has "
        + "the wrong width ('dpu doctor'), or clock or supply are at their limit; 'dpu verify' names the first tensor")
  }

  /// A failed job with what its place among the jobs points to.
  private func explained(_ step: SelftestStep, interrupts: Int?) -> SelftestStep {
    guard step.code == .deviceFailed else { return step }
    var hints: [String] = []
    if step.name != .zeroJob {
      hints.append(
        "a job before it went well: the done flag (register 0x40) was not cleared, the interrupt did not arrive, or another "
          + "program read register 0 and took the end of the job from the driver")
    }
    if let interrupts {
      hints.append(
        interrupts == 0
          ? "zocl counted no interrupt meanwhile (grep zocl /proc/interrupts): it polls, or the interrupt is not wired"
          : "zocl counted \(interrupts) interrupts meanwhile")
    }
    hints.append("'dpu doctor' checks the PL, the clocks, the rails, and who else uses the DPU")
    return .failed(step.name, DeviceError(.failed, step.found), hints.joined(separator: "; "))
  }

  private mutating func checkCounters(_ core: SingleCorePort) {
    do throws(DeviceError) {
      let counters = try core.counters(ofCore: 0)
      self.counters = counters
      let engines = [counters.load, counters.convolution, counters.save, counters.miscellaneous]
      if engines.allSatisfy({ $0.started == $0.ended }), counters.load.started > 0 {
        steps.append(.passed(.counters, "\(counters)"))
      } else {
        steps.append(.failed(.counters, "\(counters)", counters.diagnosis))
      }
    } catch {
      steps.append(.failed(.counters, error))
    }
  }

  private mutating func skipRest() {
    let done = Set(steps.map(\.name))
    let reason =
      steps.last { $0.outcome == .failed }.map { "because the check before it failed: \($0.name.rawValue)" }
      ?? "for want of a model"
    for name in SelftestStep.Name.allCases where !done.contains(name) { steps.append(.skipped(name, reason)) }
  }
}
