import Devices
import SimulatedDPU
import TestSupport
import Testing
import Threads
import XModel

struct SimulatedPortTests {
  /// A device of tiny cores with one job whose input is filled.
  private struct Bench {
    let port: SimulatedPort
    let device: DPUDevice
    let program: any Program
    let job: any Job
    let input: [UInt8]
    let expected: [UInt8]

    init(coreCount: Int = 1, job limit: Duration = .seconds(60), faults: FaultPlan = []) throws {
      let tiny = TinyModel()
      let model = try tiny.model()
      port = try SimulatedPort.tiny(coreCount: coreCount, faults: faults)
      device = try DPUDevice(port, timeLimits: .init(core: .seconds(60), job: limit))
      program = try device.load(tiny.partition(of: model), of: model, batch: 1)
      job = try program.makeJob()
      input = (0..<tiny.inputByteCount).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      expected = tiny.expected(input)
      fill(job)
    }

    func fill(_ job: any Job) { job.withInput(0) { $0.copyBytes(from: input) } }

    func output(of job: any Job) -> [UInt8] { job.withOutput(0) { [UInt8]($0) } }

    /// The way back: a fresh job runs as if nothing had happened.
    func works() throws -> Bool {
      let job = try program.makeJob()
      fill(job)
      try job.run()
      return output(of: job) == expected
    }
  }

  @Test("the registers of a core tell what it is")
  func identity() throws {
    let port = try SimulatedPort.tiny(coreCount: 2)
    #expect(try port.fingerprint(ofCore: 1) == Fingerprint(TinyModel.fingerprint))
    #expect(try port.read(.frequency, ofCore: 0) == 300)
    #expect(try port.read(.version, ofCore: 0) == 0x4001_0000)
    #expect(port.description.kind == "simulated")
    #expect(port.description.detail == "ISA1 B4096, 2 cores, executes mc_code")
    for core in [2, -1] {
      #expect(thrownError(DeviceError.self) { try port.read(.version, ofCore: core) }?.code == .failed)
    }
  }

  @Test("memory above 4 GiB works, memory above 40 bits is refused")
  func highAddresses() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    var configuration = SimulatedPort.Configuration(fingerprint: .init(TinyModel.fingerprint))
    configuration.memoryBase = 0xFF_F000_0000
    configuration.memoryByteCount = 1 << 20
    let device = try DPUDevice(SimulatedPort(tiny: configuration))
    let job = try device.load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    let input = [UInt8](repeating: 200, count: tiny.inputByteCount)
    job.withInput(0) { $0.copyBytes(from: input) }
    try job.run()
    #expect(job.withOutput(0) { [UInt8]($0) } == tiny.expected(input))

    configuration.memoryBase = 1 << 40 - 0x1000
    let tooHigh = try DPUDevice(SimulatedPort(tiny: configuration))
    let error = thrownError(DeviceError.self) { try tooHigh.load(tiny.partition(of: model), of: model, batch: 1) }
    #expect(error?.code == .failed)
    #expect(error?.message.contains("40 bits") == true)
  }

  @Test("a job that hangs is an error that says which engine is stuck, and other cores go on")
  func hang() throws {
    let counters = EngineCounters(
      load: .init(started: 19, ended: 15), convolution: .init(started: 2, ended: 2), cycles: 5_000_000_000)
    let bench = try Bench(coreCount: 2, job: .milliseconds(50), faults: [.hang(job: 0, counters)])
    let error = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(error?.code == .timedOut)
    #expect(
      error?.message
        == "tiny.xmodel: subgraph \"subgraph_conv\": core 0 did not end its job within 0.05 s: load 15 of 19, "
        + "conv 2 of 2, save 0 of 0, misc 0 of 0 instructions ended, 5000000000 cycles; the load engine is stuck in an "
        + "instruction: an address leads nowhere, or the memory port's width or routing is wrong; code at 0x60001000, "
        + "REG_0 at 0x60004000, REG_2 at 0x60007000, REG_3 at 0x6000a000. The core counts as "
        + "lost until it ends by itself; if it stays so, open the simulated device again")
    #expect(bench.device.lostCoreCount == 1)
    #expect(try bench.works())
    let again = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(again?.message.contains("make a new job") == true)
  }

  @Test("without a core left, jobs fail at once and say what to do; a new device is the way back")
  func noCoreLeft() throws {
    let bench = try Bench(job: .milliseconds(20), faults: [.hang(job: 0, EngineCounters(cycles: 7))])
    let hang = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(hang?.message.contains("no instruction was started: the core never fetched code") == true)
    let error = thrownError(DeviceError.self) { _ = try bench.works() }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("the only one that fits the program did not end an earlier job") == true)
    #expect(error?.message.contains("open the simulated device again") == true)
    #expect(try Bench().works())
  }

  @Test("a late job frees its core and its buffers when it ends, not before")
  func late() throws {
    let bench = try Bench(job: .milliseconds(20), faults: [.late(job: 0, by: .milliseconds(400))])
    var job: (any Job)? = try bench.program.makeJob()
    #expect(thrownError(DeviceError.self) { try job?.run() }?.code == .timedOut)
    job = nil
    let held = bench.port.bufferCount
    #expect(held == 2 + 2 + 2, "the lost job's buffers must stay")
    #expect(thrownError(DeviceError.self) { _ = try bench.works() }?.code == .unavailable)
    let clock = ContinuousClock()
    let start = clock.now
    while clock.now - start < .seconds(30) {
      if let works = try? bench.works() {
        #expect(works)
        break
      }
    }
    #expect(bench.device.lostCoreCount == 0)
    #expect(bench.port.bufferCount == held - 2)
  }

  @Test("each end other than completed is an error, and the core goes on", arguments: DriverState.allCases)
  func endStates(state: DriverState) throws {
    let bench = try Bench(faults: [.end(job: 0, state)])
    let error = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(error?.code == .failed)
    #expect(
      error?.message.contains(
        "core 0 broke the job off: the driver left the command in state \(state.rawValue) (\(state.name))") == true)
    try bench.job.run()
    #expect(bench.output(of: bench.job) == bench.expected)
  }

  @Test("a core that can't be started any more is left out")
  func refusedStart() throws {
    let bench = try Bench(coreCount: 2, faults: [.refusedStart(job: 0)])
    let error = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("core 0 could not be started: the driver refuses new jobs") == true)
    #expect(bench.device.lostCoreCount == 1)
    // The job did not run and is not lost.
    try bench.job.run()
    #expect(bench.output(of: bench.job) == bench.expected)
  }

  @Test("memory that can't be had is an error that says for what, and leaves nothing behind", arguments: 0..<4)
  func failedAllocation(number: Int) throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let port = try SimulatedPort.tiny(faults: [.allocation(number)])
    let device = try DPUDevice(port)
    let error = thrownError(DeviceError.self) {
      _ = try device.load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    }
    #expect(error?.code == .outOfMemory)
    let use = ["the code", "REG_0", "REG_2", "REG_3"][number]
    #expect(error?.message.contains("memory for \(use): no ") == true, "\(error?.message ?? "")")
    #expect(port.bufferCount == 0)
    let job = try device.load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    try job.run()
  }

  @Test("a core that says another fingerprint gets no job")
  func wrongFingerprint() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let other = Fingerprint(0x100_0020_F601_4406)
    let port = try SimulatedPort.tiny(coreCount: 2, faults: [.fingerprint(core: 0, other)])
    let record = CallRecord()
    let job = try DPUDevice(record.port(before: port)).load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    try job.run()
    #expect(record.calls.contains { if case .start(_, core: 1) = $0 { true } else { false } })
    #expect(!record.calls.contains { if case .start(_, core: 0) = $0 { true } else { false } })

    let both = try SimulatedPort.tiny(
      coreCount: 2, faults: [.fingerprint(core: 0, other), .fingerprint(core: 1, Fingerprint(0))])
    let error = thrownError(DeviceError.self) {
      try DPUDevice(both).load(tiny.partition(of: model), of: model, batch: 1)
    }
    #expect(error?.code == .wrongCore)
    #expect(error?.message.contains("core 0 is DPUCZDX8G ISA0 B3136") == true)
    #expect(error?.message.contains("core 1 is 0x0 (not a DPUCZDX8G)") == true)
  }

  @Test("a lost sync gives wrong numbers once and right ones after it: it can't be noticed, so it is tested for")
  func lostSync() throws {
    for faults: FaultPlan in [[.lostSync(2, .toDevice)], [.lostSync(0, .fromDevice)]] {
      let bench = try Bench(faults: faults)
      try bench.job.run()
      #expect(bench.output(of: bench.job) != bench.expected)
      try bench.job.run()
      #expect(bench.output(of: bench.job) == bench.expected)
    }
  }

  @Test("a refused sync is an error, and the next run works")
  func refusedSync() throws {
    for faults: FaultPlan in [[.refusedSync(2, .toDevice)], [.refusedSync(0, .fromDevice)]] {
      let bench = try Bench(faults: faults)
      let error = thrownError(DeviceError.self) { try bench.job.run() }
      #expect(error?.code == .failed)
      #expect(error?.message.contains("refused to sync") == true)
      try bench.job.run()
      #expect(bench.output(of: bench.job) == bench.expected)
    }
  }

  @Test("who reads the control register takes the done bit from the driver")
  func doneBit() throws {
    let bench = try Bench(job: .milliseconds(200))
    // A debugging tool that polls the control register until it sees the job done.
    let port = bench.port
    let intruder = InterceptingPort(port) { call throws(DeviceError) in
      guard case .wait = call else { return }
      while try port.readWord(at: 0, ofCore: 0) & 2 == 0 {}
    }
    let tiny = TinyModel()
    let model = try tiny.model()
    let device = try DPUDevice(intruder, timeLimits: .init(core: .seconds(60), job: .milliseconds(100)))
    let job = try device.load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    #expect(thrownError(DeviceError.self) { try job.run() }?.code == .timedOut)
    // Reading any other register harms nothing.
    let harmless = try SimulatedPort.tiny()
    let reader = InterceptingPort(harmless) { call throws(DeviceError) in
      guard case .wait = call else { return }
      for register in CoreRegister.allCases { _ = try harmless.read(register, ofCore: 0) }
    }
    let second = try DPUDevice(reader).load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    try second.run()
  }

  @Test("a core that is started where no program lies breaks off")
  func noProgram() throws {
    let port = try SimulatedPort.tiny()
    let buffer = try port.allocate(byteCount: 4)
    let command = StartCommand(codeAddress: buffer.address, bases: [UInt64?](repeating: nil, count: 8))
    try port.start(command, onCore: 0)
    guard case .broken(let reason) = try port.wait(forCore: 0, timeLimit: .seconds(60)) else {
      Issue.record("a core ran a program that is none")
      return
    }
    #expect(reason.contains("48 bytes"))
  }

  @Test("jobs on more threads than cores wait their turn; a wait has an end")
  func busy() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let port = try SimulatedPort.tiny(faults: [.late(job: 0, by: .milliseconds(1500))])
    let device = try DPUDevice(port, timeLimits: .init(core: .milliseconds(30), job: .seconds(60)))
    let program = try device.load(tiny.partition(of: model), of: model, batch: 1)
    let isDone = Monitor(false)
    let started = Monitor(false)
    runInBackground {
      defer { isDone.update { $0 = true } }
      guard let job = try? program.makeJob() else { return }
      started.update { $0 = true }
      try? job.run()
    }
    _ = started.wait { $0 ? true : nil }
    while try port.readWord(at: 0x50, ofCore: 0) == 0 {}
    let error = thrownError(DeviceError.self) { try program.makeJob().run() }
    #expect(error?.code == .busy)
    #expect(error?.message.contains("no core became free within 0.03 s: 1 core fits the program") == true)
    _ = isDone.wait { $0 ? true : nil }
    try program.makeJob().run()
  }

  @Test("each call of a port may fail: a typed error with words, nothing left behind, and the next try works")
  func everyCall() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let input = [UInt8](repeating: 77, count: tiny.inputByteCount)
    var failures = 0
    for number in 0..<100 {
      let port = try SimulatedPort.tiny()
      let failing = FailingCall(number)
      var device: DPUDevice?
      func frame() throws -> [UInt8] {
        if device == nil { device = try DPUDevice(failing.port(before: port)) }
        guard let device else { return [] }
        let job = try device.load(tiny.partition(of: model), of: model, batch: 1).makeJob()
        job.withInput(0) { $0.copyBytes(from: input) }
        try job.run()
        return job.withOutput(0) { [UInt8]($0) }
      }
      let error = thrownError(DeviceError.self, by: frame)
      guard failing.hasFailed else { break }
      failures += 1
      #expect(error?.code == .failed, "call \(number)")
      #expect(error?.message.contains("was made to fail") == true)
      // A wait that broke off leaves the core with a job; it comes back as that ends.
      let held = device?.lostCoreCount == 1 ? 4 : 0
      #expect(port.bufferCount == held, "call \(number)")
      let clock = ContinuousClock()
      let start = clock.now
      var answer: [UInt8]?
      while answer == nil, clock.now - start < .seconds(30) { answer = try? frame() }
      #expect(answer == tiny.expected(input), "call \(number)")
      #expect(port.bufferCount == 0, "call \(number)")
    }
    // 2 registers, code, constants, 2 regions, 2 syncs at loading, input, start, wait, output.
    #expect(failures == 2 + 4 + 2 + 4)
  }
}
