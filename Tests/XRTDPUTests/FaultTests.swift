import Devices
import Foundation
import TestSupport
import Testing
import XModel
import XRTDPU

/// What goes wrong on boards, made to happen, and what a person is told of it.
struct FaultTests {
  /// A device on a fake board with one job whose input is filled.
  private struct Bench {
    let board: FakeBoard
    let port: XRTPort
    let device: DPUDevice
    let program: any Program
    let job: any Job
    let expected: [UInt8]

    init(_ json: String, cores: Int = 1, limit: Duration = .seconds(60), tree: SystemTree = SystemTree()) throws {
      board = try FakeBoard(json)
      port = try board.port(cores: cores, tree: tree)
      device = try DPUDevice(port, timeLimits: .init(core: .seconds(60), job: limit))
      let model = try SampleModel.b4096.model()
      program = try device.load(model.dpuPartition, of: model, batch: 1)
      job = try program.makeJob()
      Bench.fill(job)
      // The right answer comes from a board where everything goes well.
      expected = try Bench.answer(model)
    }

    static func fill(_ job: any Job) {
      job.withInput(0) { bytes in for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 37) } }
    }

    static func answer(_ model: Model) throws -> [UInt8] {
      let lane = ThreadOfItsOwn()
      return try lane.run {
        let device = try DPUDevice(FakeBoard().port())
        let job = try device.load(model.dpuPartition, of: model, batch: 1).makeJob()
        fill(job)
        try job.run()
        return job.withOutput(0) { [UInt8]($0) }
      }
    }

    var output: [UInt8] { job.withOutput(0) { [UInt8]($0) } }

    /// Whether a fresh job runs as if nothing had happened.
    func works() throws -> Bool {
      let job = try program.makeJob()
      Bench.fill(job)
      try job.run()
      return job.withOutput(0) { [UInt8]($0) } == expected
    }
  }

  @Test("a core of another configuration is refused with both in words")
  func wrongFingerprint() throws {
    let error = thrownError(DeviceError.self) { try Bench(#"{"fingerprints": ["0x101000056010407"]}"#) }
    #expect(error?.code == .wrongCore)
    let message = error?.message ?? ""
    #expect(message.contains("the model needs DPUCZDX8G ISA0 B4096: 2 image bank groups"))
    #expect(message.contains("the device has DPUCZDX8G ISA1 B4096") && message.contains("argmax"))
    #expect(message.contains("0x101000056010407") && message.contains("arch.json"))
  }

  @Test("a core that the driver does not know is named, with what may be wrong")
  func missingCore() throws {
    let board = try FakeBoard(#"{"missingCores": ["DPUCZDX8G:DPUCZDX8G_2"]}"#)
    let error = thrownError(DeviceError.self) { try board.port(cores: 2) }
    #expect(error?.code == .unavailable)
    #expect(
      error?.message
        == "xclIPName2Index failed with ENOENT (No such file or directory); the driver has no core "
        + "DPUCZDX8G:DPUCZDX8G_2; the xclbin was not loaded, or libxrt and zocl are of different releases")
    let report = try board.report()
    #expect(report.isClosed)
  }

  @Test("old kernels' names of cores are taken as the xclbin gives them")
  func olderKernelName() throws {
    let board = try FakeBoard()
    let port = try board.port(cores: 2, kernel: "dpu_xrt_top")
    #expect(port.coreNames == ["dpu_xrt_top:dpu_xrt_top_1", "dpu_xrt_top:dpu_xrt_top_2"])
    #expect(try port.fingerprint(ofCore: 1).array?.name == "B4096")
  }

  @Test("cores are started by the driver's numbers, not by their order")
  func swappedIndices() throws {
    let board = try FakeBoard(
      #"{"indices": [1, 0], "fingerprints": ["0x1000020f6014407", "0x101000016010402"]}"#)
    let port = try board.port(cores: 2)
    #expect(port.coreIndices == [1, 0])
    #expect(try port.fingerprint(ofCore: 0).array?.name == "B4096")
    #expect(try port.fingerprint(ofCore: 1).array?.name == "B1024")
    let device = try DPUDevice(port)
    for sample in SampleModel.allCases {
      let model = try sample.model()
      try device.load(model.dpuPartition, of: model, batch: 1).makeJob().run()
    }
    #expect(try board.report().violations == [])
  }

  @Test("memory that runs out is an error that says how much was needed, and nothing stays taken")
  func outOfMemory() throws {
    let tree = try ReconstructedTree()
    try tree.write("CmaTotal:         131072 kB\nCmaFree:           12288 kB\n", to: "/proc/meminfo")
    // All fits but the last region.
    let needed = try SampleModel.b4096.neededByteCount
    let limit = CommandPacket.bufferByteCount + needed - 1
    let error = thrownError(DeviceError.self) { try Bench(#"{"allocationLimit": \#(limit)}"#, tree: tree.tree) }
    #expect(error?.code == .outOfMemory)
    let message = error?.message ?? ""
    #expect(message.contains("cannot make a job of") && message.contains("xclAllocBO gave no buffer of"))
    #expect(
      message.contains(
        "close other programs that use it, or reserve more with cma=512M in the kernel's command line: the kernel's "
          + "contiguous memory (CMA) has 134217728 bytes, 12582912 of them free"))
  }

  @Test("a model that can't fit even into empty memory is refused before anything is allocated")
  func tooLarge() throws {
    let tree = try ReconstructedTree()
    try tree.write("CmaTotal:             16 kB\nCmaFree:              16 kB\n", to: "/proc/meminfo")
    let board = try FakeBoard()
    let device = try DPUDevice(board.port(tree: tree.tree))
    let model = try SampleModel.b4096.model()
    let before = try board.report().buffers
    let error = thrownError(DeviceError.self) { try device.load(model.dpuPartition, of: model, batch: 1) }
    #expect(error?.code == .outOfMemory)
    let needed = try SampleModel.b4096.neededByteCount
    #expect(error?.message.contains("a job needs \(needed) bytes of memory that the DPU reaches") == true)
    #expect(error?.message.contains("(CMA) has 16384 bytes, 16384 of them free") == true)
    #expect(try board.report().buffers == before)
  }

  @Test("a context that is refused names the core and who may hold it", arguments: [EINVAL, EBUSY])
  func refusedContext(number: Int32) throws {
    let board = try FakeBoard(#"{"contextErrno": \#(number)}"#)
    let error = thrownError(DeviceError.self) { try board.port() }
    #expect(error?.code == .unavailable)
    let name = number == EINVAL ? "EINVAL (Invalid argument)" : "EBUSY (Device or resource busy)"
    #expect(
      error?.message
        == "xclOpenContext failed with \(name); core DPUCZDX8G:DPUCZDX8G_1 can't be opened; another process may own the "
        + "DPU: it is used by a process that can't be seen from here")
  }

  @Test("a driver that grants a context for another image is found out by the first job")
  func wrongUUIDGranted() throws {
    let bench = try Bench(#"{"keptUUID": "ffffffffffffffffffffffffffffffff", "grantsWrongUUID": true}"#)
    let error = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(error?.code == .failed)
    #expect(
      error?.message.contains(
        "core 0 could not be started: xclExecBuf failed with EINVAL (Invalid argument); the driver knows no open context "
          + "of DPUCZDX8G:DPUCZDX8G_1: another xclbin was loaded meanwhile") == true)
  }

  @Test("a driver that kept another image is found out before a job where sysfs tells it")
  func keptUUID() throws {
    let tree = try ReconstructedTree()
    try tree.addRenderNode()
    try tree.write("ffffffff-ffff-ffff-ffff-ffffffffffff\n", to: "/sys/class/drm/renderD128/device/xclbinid")
    let error = thrownError(DeviceError.self) { try FakeBoard().port(tree: tree.tree) }
    #expect(
      error?.message
        == "the driver holds the xclbin ffffffff-ffff-ffff-ffff-ffffffffffff and kept it, expected "
        + "01010101-0101-0101-0101-010101010101; end what uses the DPU, and load the overlay again")
  }

  @Test("a driver that has given up says so, and the way back is an image that is loaded anew")
  func deadlock() throws {
    let board = try FakeBoard(#"{"jobs": [{"job": 0, "errno": \#(EDEADLK)}]}"#)
    let model = try SampleModel.b4096.model()
    func run(uuid: UInt8) throws {
      let device = try DPUDevice(board.port(uuid: uuid))
      try device.load(model.dpuPartition, of: model, batch: 1).makeJob().run()
    }
    let error = thrownError(DeviceError.self) { try run(uuid: 1) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("xclExecBuf failed with EDEADLK (Resource deadlock avoided)") == true)
    #expect(error?.message.contains("until the overlay is loaded again") == true)
    #expect(thrownError(DeviceError.self) { try run(uuid: 1) }?.code == .unavailable)
    try run(uuid: 2)
    #expect(try board.report().isBad == false)
  }

  @Test("a job that hangs is an error with the counters; closing it makes the driver give up until a forced load")
  func hang() throws {
    let json = #""jobs": [{"job": 0, "hangs": true}]"#
    do {
      let bench = try Bench("{\(json)}", cores: 2, limit: .milliseconds(500))
      let error = thrownError(DeviceError.self) { try bench.job.run() }
      #expect(error?.code == .timedOut)
      let message = error?.message ?? ""
      #expect(message.contains("core 0 did not end its job within 0.5 s: load 0 of 0"))
      #expect(message.contains("no instruction was started: the core never fetched code"))
      #expect(message.contains("if it stays so, load another xclbin into the fake board"))
      #expect(bench.device.lostCoreCount == 1)
      #expect(try bench.works(), "the other core goes on")
      #expect(try bench.board.report().isBad == false)
    }
    let board = try FakeBoard("{\(json)}")
    let model = try SampleModel.b4096.model()
    func run(limit: Duration) throws {
      let device = try DPUDevice(board.port(), timeLimits: .init(core: .seconds(60), job: limit))
      try device.load(model.dpuPartition, of: model, batch: 1).makeJob().run()
    }
    #expect(thrownError(DeviceError.self) { try run(limit: .milliseconds(100)) }?.code == .timedOut)
    #expect(try board.report().isBad)
    let error = thrownError(DeviceError.self) { try run(limit: .seconds(60)) }
    #expect(error?.code == .unavailable)
    try board.change(#"{"forcesLoad": true}"#)
    try run(limit: .seconds(60))
    #expect(try board.report().isBad == false)
  }

  @Test("a job that ends late gives its core back, and its event disturbs no later job")
  func late() throws {
    let bench = try Bench(
      #"{"jobs": [{"job": 0, "lateByMilliseconds": 1500}]}"#, limit: .milliseconds(500))
    #expect(thrownError(DeviceError.self) { try bench.job.run() }?.code == .timedOut)
    #expect(thrownError(DeviceError.self) { try bench.works() }?.code == .unavailable)
    usleep(2_500_000)
    for _ in 0..<3 { #expect(try bench.works()) }
    #expect(bench.device.lostCoreCount == 0)
    #expect(try bench.board.report().violations == [])
  }

  @Test("only state 4 is success", arguments: [(5, "ERROR"), (6, "ABORT"), (8, "TIMEOUT"), (9, "NORESPONSE")])
  func states(state: Int, name: String) throws {
    let bench = try Bench(#"{"jobs": [{"job": 0, "state": \#(state)}]}"#)
    let error = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(error?.code == .failed)
    #expect(
      error?.message.contains("core 0 broke the job off: the driver left the command in state \(state) (\(name))")
        == true)
    #expect(try bench.works())
  }

  @Test("state 7, SUBMITTED, is waited out although its number is above that of success")
  func submitted() throws {
    let bench = try Bench(#"{"jobs": [{"job": 0, "state": 7}]}"#, limit: .milliseconds(100))
    #expect(thrownError(DeviceError.self) { try bench.job.run() }?.code == .timedOut)
  }

  @Test("events that mean nothing end no wait, and delays change no result")
  func spuriousEvents() throws {
    let bench = try Bench(
      #"{"spuriousEvents": 1000, "delayMilliseconds": 5, "jobs": [{"job": 0, "lateByMilliseconds": 60}]}"#)
    try bench.job.run()
    #expect(bench.output == bench.expected)
    for _ in 0..<5 { #expect(try bench.works()) }
  }

  @Test("a sync that is refused is an error")
  func refusedSync() throws {
    // Those of code and weights are 0 and 1, that of the input is 2, that of the output 3.
    let bench = try Bench(#"{"refusedSyncs": [2]}"#)
    let error = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(error?.code == .failed)
    #expect(error?.message.contains("xclSyncBO failed with EIO (Input/output error)") == true)
    #expect(try bench.works())
  }

  @Test("a sync that is left out gives a wrong answer or none, so that tests would see it", arguments: 0..<4)
  func lostSync(number: Int) throws {
    let bench = try Bench(#"{"lostSyncs": [\#(number)]}"#)
    let error = thrownError(DeviceError.self) { try bench.job.run() }
    #expect(error != nil || bench.output != bench.expected)
  }

  @Test("a command with a word out of place is refused by the board", arguments: Damage.allCases)
  func damagedCommands(damage: Damage) throws {
    let bench = try Bench("{}")
    let intercepted = InterceptingStart(bench.port) { damage.apply(to: $0) }
    let device = try DPUDevice(intercepted)
    let model = try SampleModel.b4096.model()
    let job = try device.load(model.dpuPartition, of: model, batch: 1).makeJob()
    Bench.fill(job)
    let error = thrownError(DeviceError.self) { try job.run() }
    #expect(error?.message.contains("state 5 (ERROR)") == true)
    let violations = try bench.board.report().violations
    #expect(violations.contains { $0.contains(damage.words) }, "\(violations)")
  }

  @Test(
    "an address that is good but wrong gives a wrong answer, so that tests would see it",
    arguments: ["exchanged", "shifted", "weights"])
  func wrongAddresses(change: String) throws {
    let bench = try Bench("{}")
    let device = try DPUDevice(
      InterceptingStart(bench.port) { command in
        var bases = command.bases
        switch change {
        case "exchanged": bases.swapAt(2, 3)
        case "shifted": bases[2] = bases[2].map { $0 + 64 }
        default: bases[0] = bases[0].map { $0 + 16 }
        }
        return StartCommand(codeAddress: command.codeAddress, bases: bases)
      })
    let model = try SampleModel.b4096.model()
    let job = try device.load(model.dpuPartition, of: model, batch: 1).makeJob()
    Bench.fill(job)
    let error = thrownError(DeviceError.self) { try job.run() }
    #expect(error != nil || job.withOutput(0) { [UInt8]($0) } != bench.expected)
  }

  /// Addresses that a job may not have.
  enum Damage: String, CaseIterable {
    case codeOutsideMemory, baseOutsideMemory, baseAboveForty, unusedIsZero

    /// What the board says of it.
    var words: String {
      switch self {
      case .codeOutsideMemory: "the code address 0x1000 is in no live buffer"
      case .baseOutsideMemory: "base 1 at 0x1000 is in no live buffer"
      case .baseAboveForty: "has more than 40 bits"
      case .unusedIsZero: "base 7 at 0x0 is in no live buffer"
      }
    }

    func apply(to command: StartCommand) -> StartCommand {
      var bases = command.bases
      switch self {
      case .codeOutsideMemory: return StartCommand(codeAddress: 0x1000, bases: bases)
      case .baseOutsideMemory: bases[1] = 0x1000
      case .baseAboveForty: bases[1] = 1 << 40
      case .unusedIsZero: bases[7] = 0
      }
      return StartCommand(codeAddress: command.codeAddress, bases: bases)
    }
  }

  @Test("a device that is closed leaves nothing behind, with or without jobs")
  func closing() throws {
    let board = try FakeBoard()
    do {
      let device = try DPUDevice(board.port(cores: 2))
      let model = try SampleModel.b4096.model()
      let program = try device.load(model.dpuPartition, of: model, batch: 1)
      let jobs = [try program.makeJob(), try program.makeJob()]
      try jobs[0].run()
      // Code and weights once, the working regions for each job, a command for each core.
      let memory = try ProgramMemory(model.dpuPartition, of: model)
      let count = 1 + memory.constants.count + 2 * memory.workingRegions.count + 2
      #expect(try board.report().buffers == count)
      #expect(try board.report().syncs == 1 + memory.constants.count + 2)
      withExtendedLifetime(jobs) {}
    }
    let report = try board.report()
    #expect(report.isClosed)
    #expect(report.violations == [])
  }
}

/// Passes everything on, but starts with another command.
private final class InterceptingStart: Devices.Port {
  private let port: any Devices.Port
  private let change: @Sendable (StartCommand) -> StartCommand

  init(_ port: any Devices.Port, change: @escaping @Sendable (StartCommand) -> StartCommand) {
    self.port = port
    self.change = change
  }

  var description: DeviceDescription { port.description }
  var coreCount: Int { port.coreCount }
  var usualTimeLimit: Duration { port.usualTimeLimit }
  var remedyForLostCore: String { port.remedyForLostCore }

  func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer { try port.allocate(byteCount: byteCount) }

  func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try port.read(register, ofCore: core)
  }

  func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    try port.start(change(command), onCore: core)
  }

  func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try port.wait(forCore: core, timeLimit: timeLimit)
  }
}
