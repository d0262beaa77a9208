import Threads

/// The working regions of one run of a program.
final class DPUJob: Job {
  let program: DPUProgram
  private let regions: [Int: any DeviceBuffer]
  /// How the program is started; made once, so that a run allocates nothing.
  private let command: StartCommand
  /// Copies of those inputs that the program may overwrite, by input; the caller fills these.
  private let staged: [Int: StagedInput]
  /// Whether a core may still be at work on the buffers.
  private var isAbandoned = false
  /// From the start of the core to the end of the wait for it.
  private(set) var coreTime: Duration?

  /// Reserves the working regions.
  init(_ program: DPUProgram) throws(DeviceError) {
    self.program = program
    let memory = program.memory
    var regions: [Int: any DeviceBuffer] = [:]
    var bases = [UInt64?](repeating: nil, count: StartCommand.baseCount)
    for (register, buffer) in program.constants { bases[register] = buffer.address }
    do {
      for region in memory.workingRegions {
        let buffer = try program.port.allocate(region.byteCount, for: "REG_\(region.register)")
        regions[region.register] = buffer
        bases[region.register] = buffer.address
      }
    } catch {
      throw error.during("\(memory.place): cannot make a job of \(memory.jobByteCount) bytes")
    }
    self.regions = regions
    command = StartCommand(codeAddress: program.code.address, bases: bases)
    var staged: [Int: StagedInput] = [:]
    for (index, input) in memory.inputs.enumerated() where memory.isOverwritten(input) {
      staged[index] = StagedInput(byteCount: input.port.byteCount)
    }
    self.staged = staged
  }

  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    if let staged = staged[index] { return try body(staged.bytes) }
    return try withHostBytes(of: program.memory.inputs[index], body)
  }

  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withHostBytes(of: program.memory.outputs[index]) { try body(UnsafeRawBufferPointer($0)) }
  }

  var isSpent: Bool { isAbandoned }

  func run() throws(DeviceError) { try run(among: program.suitableCores) }

  func run(onCore core: Int) throws(DeviceError) {
    precondition(program.suitableCores.contains(core), "core \(core) does not suit the program")
    try run(among: program.soleCores[core])
  }

  private func run(among cores: [Int]) throws(DeviceError) {
    do { try runOnCore(among: cores) } catch { throw error.during(program.memory.place) }
  }

  private func runOnCore(among cores: [Int]) throws(DeviceError) {
    try carryInputs()
    try execute(command, in: program.code, among: cores)
    for output in program.memory.outputs { try region(output.register).syncFromDevice(output.range) }
  }

  /// Brings the inputs to where the program expects them.
  func carryInputs() throws(DeviceError) {
    guard !isAbandoned else {
      throw DeviceError(
        .failed, "this job was given up when its time was over, and a core may still write to it; make a new job")
    }
    for (index, input) in program.memory.inputs.enumerated() {
      if let staged = staged[index] {
        withHostBytes(of: input) { $0.copyMemory(from: UnsafeRawBufferPointer(staged.bytes)) }
      }
      try region(input.register).syncToDevice(input.range)
    }
  }

  /// Runs other code over the job's regions, from its start to its end.
  func execute(_ code: any DeviceBuffer) throws(DeviceError) {
    try execute(
      StartCommand(codeAddress: code.address, bases: command.bases), in: code, among: program.suitableCores)
  }

  private func execute(
    _ command: StartCommand, in code: any DeviceBuffer, among cores: [Int]
  ) throws(DeviceError) {
    coreTime = nil
    let run = try program.cores.start(command, among: cores, timeLimit: program.timeLimits.core)
    try waitForEnd(of: run, running: code)
  }

  private func waitForEnd(of run: CorePool.Run, running code: any DeviceBuffer) throws(DeviceError) {
    let core = run.core
    let port = program.port
    let timeLimit = program.timeLimits.job
    let end: JobEnd
    do {
      end = try port.wait(forCore: core, timeLimit: timeLimit)
    } catch {
      abandon(core, running: code)
      throw error.during("the wait for core \(core) broke off, so the core counts as lost (\(port.remedyForLostCore))")
    }
    switch end {
    case .completed:
      coreTime = .now - run.started
      program.cores.giveBack(core)
    case .broken(let reason):
      program.cores.giveBack(core)
      throw DeviceError(.failed, "core \(core) broke the job off: \(reason)")
    case .running:
      let counters = (try? port.counters(ofCore: core)).map { "\($0); \($0.diagnosis)" } ?? "counters can't be read"
      abandon(core, running: code)
      throw DeviceError(
        .timedOut,
        "core \(core) did not end its job within \(seconds(timeLimit)): \(counters); \(addresses(of: code)). The core "
          + "counts as lost until it ends by itself; if it stays so, \(port.remedyForLostCore)")
    }
  }

  /// Where the core was told that everything lies.
  private func addresses(of code: any DeviceBuffer) -> String {
    let buffers = program.constants.merging(regions) { $1 }.sorted { $0.key < $1.key }
    return ([("code", code)] + buffers.map { ("REG_\($0.key)", $0.value) }).map { name, buffer in
      "\(name) at 0x\(String(buffer.address, radix: 16))"
    }.joined(separator: ", ")
  }

  private func abandon(_ core: Int, running code: any DeviceBuffer) {
    isAbandoned = true
    program.cores.lose(core, holding: Array(regions.values) + Array(program.constants.values) + [code])
  }

  /// The region that a register points to.
  func region(_ register: Int) -> any DeviceBuffer {
    guard let buffer = regions[register] else { preconditionFailure("a checked tensor lies in a region") }
    return buffer
  }

  /// Gives the host's copy of a tensor to a closure; the pointer must not leave it.
  func withHostBytes<R>(
    of place: ProgramMemory.Place, _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    try region(place.register).withHostBytes { try body(UnsafeMutableRawBufferPointer(rebasing: $0[place.range])) }
  }
}

/// Host memory for an input that can't stay in its region.
private final class StagedInput {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = .allocate(byteCount: byteCount, alignment: 64)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { bytes.deallocate() }
}
