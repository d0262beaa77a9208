import Devices
import Glibc
import Inference
import SimulatedDPU
import TestSupport
import Tensors
import Testing
import Threads

/// What goes wrong on cores, and what becomes of the jobs.
struct SchedulerFaultTests {
  private let tiny = TinyModel()

  private func input(_ seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return random.int8s(tiny.inputByteCount).map { UInt8(bitPattern: $0) }
  }

  private func device(
    cores: Int, limit: Duration = .seconds(1), _ faults: FaultPlan
  ) throws -> DPUDevice {
    try DPUDevice(
      SimulatedPort.tiny(coreCount: cores, faults: faults), timeLimits: .init(core: .seconds(60), job: limit))
  }

  /// Runs a frame, and tells whether the answer is right.
  private func run(_ model: ScheduledModel, seed: UInt64, _ options: JobOptions = JobOptions()) throws -> Bool {
    try model.runAndWait(
      options, fill: { $0.withInput(0) { $0.copyBytes(from: input(seed)) } },
      read: { $0.withOutput(0) { [UInt8]($0) } == tiny.expected(input(seed)) })
  }

  /// Whether something becomes true before a minute is over.
  private func becomesTrue(_ condition: () -> Bool) -> Bool {
    for _ in 0..<6000 {
      if condition() { return true }
      usleep(10_000)
    }
    return false
  }

  @Test("a core that hangs is taken out; its job and those behind it are run on the other")
  func hang() throws {
    let device = try device(cores: 2, [.hang(job: 0, EngineCounters())])
    let scheduler = try Scheduler(devices: [device])
    let model = try scheduler.load(tiny.model(), host: device, scope: .whole)
    let stream = model.stream(inFlight: .fixed(4))
    runInBackground {
      for seed in UInt64(0)..<30 {
        guard let slot = try? stream.take() else { return }
        slot.withInput(0) { $0.copyBytes(from: input(seed)) }
        stream.submit(slot)
      }
      stream.finish()
    }
    var seed = UInt64(0)
    var mostAttempts = 0
    while let slot = stream.next() {
      try slot.checkResult()
      #expect(slot.withOutput(0) { [UInt8]($0) } == tiny.expected(input(seed)), "frame \(seed)")
      mostAttempts = max(mostAttempts, slot.timing.attempts)
      slot.giveBack()
      seed += 1
    }
    #expect(seed == 30)
    #expect(mostAttempts == 2)
    #expect(scheduler.statistics.cores.count { $0.state == .out } == 1)
    #expect(device.lostCoreCount == 1)
    #expect(try run(model, seed: 99))
  }

  @Test("when the only core hangs, its job has the device's words, the next is told that none is left")
  func onlyCore() throws {
    let device = try device(cores: 1, [.hang(job: 0, EngineCounters())])
    let model = try Scheduler(devices: [device]).load(tiny.model(), host: device, scope: .whole)
    let first = thrownError(InferenceError.self) { try run(model, seed: 1) }
    #expect(first?.code == .deviceFailed)
    #expect(first?.cause?.code == .timedOut)
    #expect(first?.message.contains("core 0 did not end its job within 1 s") == true)
    let next = thrownError(InferenceError.self) { try run(model, seed: 1) }
    #expect(next?.code == .noCoreLeft)
    #expect(next?.message.contains("no core is left that runs this model") == true)
  }

  @Test("a core that ends late comes back by itself")
  func late() throws {
    let device = try device(cores: 1, [.late(job: 0, by: .milliseconds(2500))])
    let scheduler = try Scheduler(devices: [device])
    let model = try scheduler.load(tiny.model(), host: device, scope: .whole)
    #expect(thrownError(InferenceError.self) { try run(model, seed: 1) }?.code == .deviceFailed)
    #expect(scheduler.statistics.cores[0].outCount == 1)
    #expect(becomesTrue { scheduler.statistics.cores[0].state == .active })
    for seed in UInt64(0)..<10 { #expect(try run(model, seed: seed)) }
  }

  @Test("a job that breaks off is tried once more; twice broken, the error says so")
  func broken() throws {
    let once = try device(cores: 1, [.end(job: 0, .error)])
    let model = try Scheduler(devices: [once]).load(tiny.model(), host: once, scope: .whole)
    #expect(try run(model, seed: 3))
    let twice = try device(cores: 2, [.end(job: 0, .error), .end(job: 1, .abort)])
    let other = try Scheduler(devices: [twice]).load(tiny.model(), host: twice, scope: .whole)
    let error = thrownError(InferenceError.self) { try run(other, seed: 3) }
    #expect(error?.code == .deviceFailed && error?.cause?.code == .failed)
    #expect(error?.message.contains("(ABORT)") == true && error?.message.hasSuffix("(tried 2 times)") == true)
    #expect(try run(other, seed: 4))
  }

  @Test("a core that the driver refuses to start is taken out", arguments: [1, 2])
  func refused(cores: Int) throws {
    let device = try device(cores: cores, [.refusedStart(job: 0)])
    let model = try Scheduler(devices: [device]).load(tiny.model(), host: device, scope: .whole)
    if cores == 2 {
      for seed in UInt64(0)..<5 { #expect(try run(model, seed: seed)) }
    } else {
      #expect(thrownError(InferenceError.self) { try run(model, seed: 1) }?.cause?.code == .unavailable)
    }
  }

  @Test("when a device has lost its cores, its jobs move to another with their inputs")
  func secondDevice() throws {
    let ports = try [SimulatedPort.tiny(faults: [.hang(job: 0, EngineCounters())]), SimulatedPort.tiny()]
    let devices = try ports.map {
      try DPUDevice($0, timeLimits: .init(core: .seconds(60), job: .seconds(1)))
    }
    let scheduler = try Scheduler(devices: devices)
    let model = try scheduler.load(tiny.model(), host: devices[0], scope: .whole)
    for seed in UInt64(0)..<12 { #expect(try run(model, seed: seed), "frame \(seed)") }
    #expect(scheduler.statistics.cores.map(\.state) == [.out, .active])
    #expect(scheduler.statistics.cores[1].finishCount == 12)
  }

  @Test("a job whose time is up is answered though its core is still at work, and so is one that waits for the core")
  func deadline() throws {
    let (device, isHeld) = EmptyDevice.held()
    let scheduler = try Scheduler(devices: [device])
    let model = try scheduler.load(tiny.model(), host: device, scope: .whole)
    for count in 1...3 {
      let error = thrownError(InferenceError.self) {
        try model.runAndWait(JobOptions(within: .milliseconds(20)), fill: { _ in }, read: { _ in })
      }
      #expect(error?.code == .deadlinePassed, "job \(count)")
      #expect(scheduler.statistics.runningCount == 1)
    }
    let past = JobOptions(deadline: .now)
    let slot = try model.takeSlotNow()
    #expect(thrownError(InferenceError.self) { try slot.runAndWait(past) }?.code == .deadlinePassed)
    slot.giveBack()
    isHeld.update { $0 = false }
    try model.runAndWait(JobOptions(within: .seconds(60)), fill: { _ in }, read: { _ in })
    #expect(scheduler.statistics.cores[0].finishCount == 2)
  }

  @Test("who waits for buffers waits no longer than its deadline")
  func deadlineAtTheDoor() throws {
    let device = EmptyDevice()
    let model = try Scheduler(devices: [device]).load(tiny.model(), host: device, scope: .whole, slots: 1)
    let slot = try model.takeSlotNow()
    let error = thrownError(InferenceError.self) { try model.waitForSlot(JobOptions(within: .milliseconds(20))) }
    #expect(error?.code == .deadlinePassed)
    let awaited = try TaskThread.run { () async throws -> InferenceError.Code? in
      do throws(InferenceError) {
        _ = try await model.slot(JobOptions(within: .milliseconds(20)))
        return nil
      } catch { return error.code }
    }
    #expect(awaited == .deadlinePassed)
    slot.giveBack()
    try model.waitForSlot(JobOptions(within: .seconds(60))).giveBack()
  }

  @Test("a cancelled task gets its answer, whether its job runs, waits for the core, or waits for buffers")
  func cancellation() throws {
    let (device, isHeld) = EmptyDevice.held(jobsPerCore: 2)
    let scheduler = try Scheduler(devices: [device])
    let model = try scheduler.load(tiny.model(), host: device, scope: .whole, slots: 4)
    let codes = try TaskThread.run { () async throws -> [InferenceError.Code?] in
      try await withThrowingTaskGroup(of: InferenceError.Code?.self) { group in
        for _ in 0..<6 {
          group.addTask {
            do {
              try await model.run(fill: { _ in }, read: { _ in })
              return nil
            } catch { return (error as? InferenceError)?.code }
          }
        }
        // Two on the core, two waiting for it; the others on their way to the door or at it.
        while scheduler.statistics.runningCount < 2 || scheduler.statistics.waitingCount < 2 {
          try await Task.sleep(for: .milliseconds(2))
        }
        group.cancelAll()
        var codes: [InferenceError.Code?] = []
        for try await code in group { codes.append(code) }
        return codes
      }
    }
    #expect(codes == [InferenceError.Code?](repeating: .cancelled, count: 6))
    #expect(scheduler.statistics.runningCount == 2)
    isHeld.update { $0 = false }
    for _ in 0..<6 { try model.runAndWait(fill: { _ in }, read: { _ in }) }
  }

  @Test("a stream that is cancelled gives out what it has, in order, and ends")
  func cancelledStream() throws {
    let device = try device(cores: 1, limit: .seconds(60), [.late(job: 2, by: .milliseconds(300))])
    let model = try Scheduler(devices: [device]).load(tiny.model(), host: device, scope: .whole, slots: 4)
    let stream = model.stream(inFlight: .fixed(4))
    let ended = Monitor(false)
    runInBackground {
      var seed = UInt64(0)
      while let slot = try? stream.take() {
        slot.withInput(0) { $0.copyBytes(from: input(seed)) }
        stream.submit(slot)
        seed += 1
      }
      ended.update { $0 = true }
    }
    var count = UInt64(0)
    var cancelledCount = 0
    while let slot = stream.next() {
      if thrownError(InferenceError.self, by: { try slot.checkResult() }) == nil {
        #expect(slot.withOutput(0) { [UInt8]($0) } == tiny.expected(input(count)), "frame \(count)")
        #expect(cancelledCount == 0)
      } else {
        cancelledCount += 1
      }
      slot.giveBack()
      count += 1
      if count == 2 { stream.cancel() }
    }
    #expect(ended.wait(timeLimit: .seconds(60)) { $0 ? true : nil } == true)
    #expect(count <= 6)
    #expect(try run(model, seed: 9))
  }

  @Test("a core that is taken out of use gets no more jobs until it is given back")
  func removal() throws {
    let device = try device(cores: 2, [])
    let scheduler = try Scheduler(devices: [device])
    let model = try scheduler.load(tiny.model(), host: device, scope: .whole)
    scheduler.stopUsing(core: 0)
    for seed in UInt64(0)..<4 { #expect(try run(model, seed: seed)) }
    #expect(scheduler.statistics.cores.map(\.finishCount) == [0, 4])
    scheduler.stopUsing(core: 1)
    #expect(thrownError(InferenceError.self) { try run(model, seed: 1) }?.code == .noCoreLeft)
    scheduler.use(core: 0)
    #expect(try run(model, seed: 5))
    #expect(scheduler.statistics.cores.map(\.finishCount) == [1, 4])
  }
}
