import CFakeXRTBoard
import Devices
import Foundation
import SimulatedDPU
import Threads

/// A core in the programmable logic and the driver's queue before it.
final class ComputeUnit: @unchecked Sendable {
  // @unchecked: `state` is locked; the simulated core belongs to the unit's own thread.

  /// A command on its way.
  final class Command {
    let buffer: BoardMemory.Buffer
    let client: Client
    let check: CommandCheck
    let fault: BoardConfiguration.JobFault?

    init(_ buffer: BoardMemory.Buffer, _ client: Client, _ check: CommandCheck, _ fault: BoardConfiguration.JobFault?) {
      self.buffer = buffer
      self.client = client
      self.check = check
      self.fault = fault
    }

    /// Leaves the command in a state.
    func set(state: UInt32) {
      fake_publish(buffer.host, buffer.host.load(as: UInt32.self) & ~15 | state)
    }
  }

  private struct State {
    var queue: [Command] = []
    var current: Command?
    var registers: RegisterFile
    /// Whether someone read AP_CTRL and so took the end of the job from the driver.
    var isDoneTaken = false
    var isStopping = false
  }

  let name: String
  let index: Int
  private let board: Board
  private let state: Monitor<State>
  private let core: SimulatedCore?
  private let target: String
  private var thread: Thread?
  private let finished = DispatchSemaphore(value: 0)

  init(name: String, index: Int, place: Int, _ board: Board) {
    self.name = name
    self.index = index
    self.board = board
    let fingerprint = board.configuration.update { $0.fingerprint(ofCore: place) }
    state = Monitor(State(registers: RegisterFile(fingerprint: fingerprint, megahertz: 300)))
    target = fingerprint.hexadecimal
    core = (try? DPUTarget(fingerprint)).map {
      SimulatedCore(target: $0, memory: board.memory, seed: UInt64(7 + index))
    }
    let thread = Thread { [unowned self] in work() }
    self.thread = thread
    thread.start()
  }

  /// Ends the unit's thread; what it has not begun is dropped.
  func stop() {
    state.update { $0.isStopping = true }
    finished.wait()
  }

  func read(_ offset: UInt32) -> UInt32 {
    state.update { state in
      if offset == 0 {
        board.note("register 0 of \(name) was read")
        if state.current != nil { state.isDoneTaken = true }
      }
      return state.registers.read(offset)
    }
  }

  func write(_ offset: UInt32, _ value: UInt32) { state.update { $0.registers.write(offset, value) } }

  func submit(_ command: Command) {
    command.set(state: 2)
    state.update { $0.queue.append(command) }
  }

  /// Takes away what a handle has left in the queue or hanging on the core; `true` if it hung there.
  func abort(of client: Client) -> Bool {
    // What computes ends soon; what hangs does not.
    _ = state.wait(timeLimit: .milliseconds(300)) { state -> Bool? in
      state.current?.client !== client && !state.queue.contains { $0.client === client } ? true : nil
    }
    return state.update { state in
      state.queue.removeAll { $0.client === client }
      guard let current = state.current, current.client === client else { return false }
      current.set(state: 6)
      state.current = nil
      return true
    }
  }

  private func work() {
    defer { finished.signal() }
    while true {
      let next = state.wait { state -> Command?? in
        if state.isStopping { return .some(nil) }
        guard state.current == nil, !state.queue.isEmpty else { return nil }
        let command = state.queue.removeFirst()
        state.current = command
        state.isDoneTaken = false
        return command
      }
      guard case .some(.some(let command)) = next else { return }
      command.set(state: 3)
      execute(command)
    }
  }

  private func execute(_ command: Command) {
    for violation in command.check.violations { board.note(violation) }
    var end: UInt32? = command.check.violations.isEmpty ? 4 : 5
    if let forced = command.fault?.state { end = forced }
    if let delay = command.fault?.lateByMilliseconds { if pause(delay) { return } }
    if pause(board.delay()) { return }
    if end == 4 {
      let hangs = board.configuration.update { $0.faultsHang }
      if command.fault?.hangs == true {
        end = nil
        if let counts = command.fault?.counters { state.update { $0.registers.setCounters(EngineCounters(counts)) } }
      } else if !compute(command) {
        end = hangs ? nil : 5
      }
    }
    let isEnded = state.update { state -> Bool in
      guard let end, !state.isDoneTaken, state.current === command else { return false }
      command.set(state: end)
      state.current = nil
      return true
    }
    if isEnded { command.client.raiseEvent() }
  }

  /// Runs the program on the device's copies of the buffers.
  private func compute(_ command: Command) -> Bool {
    state.update { state in
      for write in command.check.writes { state.registers.write(write.offset, write.value) }
      state.registers.write(0, RegisterFile.Control.start)
    }
    guard let core else {
      board.note("no simulator for core \(target)")
      return false
    }
    let (code, bases) = state.update { ($0.registers.codeAddress, $0.registers.bases) }
    board.memory.beginRun()
    defer { board.memory.endRun() }
    do throws(CoreFault) {
      let counters = try core.run(codeAddress: code, bases: bases, order: .program)
      if let flips = command.fault?.flips, let base = bases[flips[0]],
        let byte = board.memory.bytes(at: base + UInt64(flips[1]), count: 1)
      {
        byte.storeBytes(of: byte.load(as: UInt8.self) ^ 1, as: UInt8.self)
      }
      state.update { state in
        state.registers.setCounters(counters.asRead)
        state.registers.finish()
        // The driver sees the end, unless somebody looked before it.
        if !state.isDoneTaken { _ = state.registers.read(0) }
      }
      return true
    } catch {
      board.note("\(name) broke off: \(error)")
      state.update { $0.registers.setCounters(error.counters.asRead) }
      return false
    }
  }

  /// Waits, and says whether the unit is to stop.
  private func pause(_ milliseconds: Int) -> Bool {
    guard milliseconds > 0 else { return false }
    return state.wait(timeLimit: .milliseconds(milliseconds)) { $0.isStopping ? true : nil } ?? false
  }
}

extension EngineCounters {
  /// Makes counters of a fault: started and ended of each engine.
  fileprivate init(_ counts: [Int]) {
    let engines = stride(from: 0, to: 8, by: 2).map { Engine(started: counts[$0], ended: counts[$0 + 1]) }
    self.init(
      load: engines[0], convolution: engines[1], save: engines[2], miscellaneous: engines[3], cycles: 1_000_000)
  }
}

extension CoreCounters {
  /// The counters as registers hold them.
  fileprivate var asRead: EngineCounters {
    func engine(_ engine: SimulatedDPU.Engine) -> EngineCounters.Engine {
      EngineCounters.Engine(started: self[engine].started, ended: self[engine].finished)
    }
    return EngineCounters(
      load: engine(.load), convolution: engine(.conv), save: engine(.save), miscellaneous: engine(.misc), cycles: 1)
  }
}
