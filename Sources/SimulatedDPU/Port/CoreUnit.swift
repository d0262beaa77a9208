import Devices
import Glibc
import Threads
import XModel

/// One core of the simulated board with its registers, a thread on which it computes, and the driver's end of it.
final class CoreUnit: Sendable {
  /// What runs programs, or nothing where a test needs none.
  private let worker: Worker
  // @unchecked: set in init, joined in deinit.
  private nonisolated(unsafe) var thread = pthread_t()
  private let hasThread: Bool

  init(
    number: Int, core: any Core, memory: SimulatedMemory, registers: RegisterFile, order: IssueOrder
  ) throws(DeviceError) {
    worker = Worker(core: core, memory: memory, registers: registers, order: order)
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Worker>.fromOpaque(argument).takeUnretainedValue().work()
        return nil
      }, Unmanaged.passUnretained(worker).toOpaque())
    hasThread = code == 0
    guard code == 0 else { throw DeviceError(.failed, "no thread for simulated core \(number): error \(code)") }
  }

  deinit {
    worker.state.update { $0.isStopping = true }
    if hasThread { pthread_join(thread, nil) }
  }

  /// Reads a register as the bus does, done bit and all.
  func read(_ offset: UInt32) -> UInt32 { worker.state.update { $0.registers.read(offset) } }

  /// Writes the registers of a command and sets the core going.
  func start(_ command: StartCommand, fault: FaultPlan.JobFault?) throws(DeviceError) {
    try worker.state.update { (state) throws(DeviceError) in
      if case .refusedStart? = fault { state.isDead = true }
      guard !state.isDead else {
        throw DeviceError(.unavailable, "the driver refuses new jobs since an earlier one hung (EDEADLK)")
      }
      guard state.phase == .idle else { throw DeviceError(.failed, "the core still has an earlier job") }
      for write in command.registerWrites { state.registers.write(write.offset, write.value) }
      state.registers.write(0, RegisterFile.Control.start)
      switch fault {
      case .hang(let counters):
        state.registers.setCounters(counters)
        state.phase = .running
      case .end(let driverState):
        state.phase = .broken("the driver left the command in state \(driverState.rawValue) (\(driverState.name))")
      case .late(let delay): state.phase = .requested(delay: delay)
      case nil, .refusedStart: state.phase = .requested(delay: nil)
      }
    }
  }

  /// Waits as the driver does: for the done bit, which it takes away by looking.
  func wait(timeLimit: Duration) -> JobEnd {
    worker.state.wait(timeLimit: timeLimit) { state in
      switch state.phase {
      case .idle: return .completed
      case .requested, .running: return nil
      case .computed:
        guard state.registers.read(0) & RegisterFile.Control.done != 0 else { return nil }
        state.phase = .idle
        return .completed
      case .broken(let reason):
        state.phase = .idle
        return .broken(reason)
      }
    } ?? .running
  }

  /// What the core's thread and its users share.
  private final class Worker: Sendable {
    enum Phase: Equatable {
      case idle
      case requested(delay: Duration?)
      case running
      /// The program has reached its end; the driver has not seen it yet.
      case computed
      case broken(String)
    }

    struct State {
      var registers: RegisterFile
      var phase = Phase.idle
      var isDead = false
      var isStopping = false
    }

    let state: Monitor<State>
    // @unchecked: used by the core's thread only.
    private nonisolated(unsafe) let core: any Core
    private let memory: SimulatedMemory
    private let order: IssueOrder

    init(core: any Core, memory: SimulatedMemory, registers: RegisterFile, order: IssueOrder) {
      state = Monitor(State(registers: registers))
      self.core = core
      self.memory = memory
      self.order = order
    }

    private enum Order {
      case run(codeAddress: UInt64, bases: [UInt64?], delay: Duration?)
      case stop
    }

    func work() {
      while true {
        let order = state.wait { state -> Order? in
          if state.isStopping { return .stop }
          guard case .requested(let delay) = state.phase else { return nil }
          state.phase = .running
          return .run(codeAddress: state.registers.codeAddress, bases: state.registers.bases, delay: delay)
        }
        guard case .run(let codeAddress, let bases, let delay)? = order else { return }
        // The delay comes before the work, so that a late job writes to memory late.
        if let delay, state.wait(timeLimit: delay, until: { $0.isStopping ? true : nil }) != nil { return }
        run(codeAddress: codeAddress, bases: bases)
      }
    }

    private func run(codeAddress: UInt64, bases: [UInt64?]) {
      memory.beginRun()
      let result = Result { () throws(CoreFault) in
        try core.run(codeAddress: codeAddress, bases: bases, order: order)
      }
      memory.endRun()
      state.update { state in
        switch result {
        case .success(let counters):
          state.registers.setCounters(EngineCounters(counters))
          state.registers.finish()
          state.phase = .computed
        case .failure(let fault):
          state.registers.setCounters(EngineCounters(fault.counters))
          state.phase = .broken(fault.description)
        }
      }
    }
  }
}

extension EngineCounters {
  /// Takes over what a simulated core counted.
  init(_ counters: CoreCounters) {
    func engine(_ engine: SimulatedDPU.Engine) -> Engine {
      Engine(started: counters[engine].started, ended: counters[engine].finished)
    }
    self.init(load: engine(.load), convolution: engine(.conv), save: engine(.save), miscellaneous: engine(.misc))
  }
}
