package import Devices
import Threads
package import XModel

/// A board in this process: memory with physical addresses, cores that execute programs, and faults on demand.
package final class SimulatedPort: Port {
  /// What the board is like.
  package struct Configuration: Sendable {
    /// What the cores were built with.
    package var fingerprint: Fingerprint
    /// The number of cores.
    package var coreCount = 1
    /// The clock that the cores were built for; nothing here runs at it.
    ///
    /// - Units: MHz
    package var megahertz = 300
    /// The first address of the memory that buffers come from.
    package var memoryBase: UInt64 = 0x6000_0000
    /// Bytes of that memory.
    ///
    /// - Source: what images for ZCU104 reserve (`cma=512M`).
    package var memoryByteCount: UInt64 = 512 << 20
    /// Where the garbage in fresh memory and banks begins.
    package var seed: UInt64 = 1
    /// In which order instructions are issued.
    package var order = IssueOrder.program
    /// Which inner loops run; the results are the same.
    package var kernels = Kernels.best
    /// What goes wrong.
    package var faults: FaultPlan = []

    /// Makes the configuration of a board with one core where everything goes well.
    package init(fingerprint: Fingerprint) { self.fingerprint = fingerprint }
  }

  /// How the board is set up.
  package let configuration: Configuration
  private let memory: SimulatedMemory
  private let syncs: SyncCounter
  private let cores: [CoreUnit]
  private let jobCount = Monitor(0)

  /// Makes a board with cores of any kind.
  ///
  /// - Parameter makeCore: Gets the memory and a seed, and makes a core.
  /// - Throws: `.failed` if a thread can't be started.
  package init(
    _ configuration: Configuration, makeCore: (any DeviceMemory, UInt64) throws(DeviceError) -> any Core
  ) throws(DeviceError) {
    self.configuration = configuration
    memory = SimulatedMemory(
      base: configuration.memoryBase, byteCount: configuration.memoryByteCount, seed: configuration.seed,
      faults: configuration.faults)
    syncs = SyncCounter(configuration.faults)
    var cores: [CoreUnit] = []
    for number in 0..<configuration.coreCount {
      let told = configuration.faults.fingerprint(ofCore: number) ?? configuration.fingerprint
      cores.append(
        try CoreUnit(
          number: number, core: makeCore(memory, configuration.seed &+ UInt64(number)), memory: memory,
          registers: RegisterFile(fingerprint: told, megahertz: configuration.megahertz), order: configuration.order))
    }
    self.cores = cores
  }

  /// Makes a board with cores that execute compiled programs.
  ///
  /// - Throws: `.unsupported` for a fingerprint that names no core that can be simulated; `.failed` if a thread can't be
  ///   started.
  package convenience init(_ configuration: Configuration) throws(DeviceError) {
    let target: DPUTarget
    do { target = try DPUTarget(configuration.fingerprint) } catch {
      throw DeviceError(.unsupported, error.message)
    }
    try self.init(configuration) { memory, seed in
      SimulatedCore(target: target, memory: memory, seed: seed, kernels: configuration.kernels)
    }
  }

  /// Says plainly that there is no board.
  package var description: DeviceDescription {
    let array = configuration.fingerprint.array?.name ?? "unknown array"
    let count = "\(coreCount) core\(coreCount == 1 ? "" : "s")"
    return DeviceDescription(
      kind: "simulated", detail: "ISA\(configuration.fingerprint.instructionSet) \(array), \(count), executes mc_code")
  }

  /// The number of cores.
  package var coreCount: Int { cores.count }

  /// Minutes: how long a simulated job takes says nothing about a board's.
  package var usualTimeLimit: Duration { .seconds(300) }

  /// What to do with a lost core.
  package var remedyForLostCore: String { "open the simulated device again" }

  /// The number of buffers that are in use.
  package var bufferCount: Int { memory.bufferCount }

  /// Reserves memory, filled with garbage on both sides.
  package func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
    guard byteCount > 0 else { throw DeviceError(.failed, "cannot allocate \(byteCount) bytes, expected at least 1") }
    return try SimulatedBuffer(byteCount: byteCount, memory: memory, syncs: syncs)
  }

  /// Reads a register.
  package func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try unit(core).read(register.rawValue)
  }

  /// Reads any word of a core's registers as a debugging tool would, AP_CTRL with its clearing done bit included.
  package func readWord(at offset: UInt32, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try unit(core).read(offset)
  }

  /// Starts a core.
  package func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    let unit = try unit(core)
    let number = jobCount.update { count in
      count += 1
      return count - 1
    }
    try unit.start(command, fault: configuration.faults.job(number))
  }

  /// Waits for a core.
  package func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try unit(core).wait(timeLimit: timeLimit)
  }

  private func unit(_ core: Int) throws(DeviceError) -> CoreUnit {
    guard cores.indices.contains(core) else {
      throw DeviceError(.failed, "there is no core \(core), only \(cores.count) from 0")
    }
    return cores[core]
  }
}
