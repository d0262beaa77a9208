import Devices
import Glibc
import Threads

/// One core of the board with a handle, a command buffer and a waiting thread of its own.
final class XRTCore: Sendable {
  private let worker: Worker
  // @unchecked: set in init, joined in deinit.
  private nonisolated(unsafe) var thread = pthread_t()
  private let hasThread: Bool

  /// Opens a core.
  ///
  /// - Parameters:
  ///   - name: `kernel:instance`.
  ///   - index: The driver's number of the core.
  init(_ handle: XRTHandle, name: String, index: UInt32, uuid: [UInt8]) throws(XRTFailure) {
    let context = try CoreContext(handle, uuid: uuid, core: index)
    worker = Worker(
      handle: handle, name: name, index: index,
      command: try BufferObject(handle, byteCount: CommandPacket.bufferByteCount, for: .command(context)))
    hasThread =
      pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Worker>.fromOpaque(argument).takeUnretainedValue().work()
          return nil
        }, Unmanaged.passUnretained(worker).toOpaque()) == 0
    precondition(hasThread, "a process can have a thread for each DPU core")
  }

  deinit {
    worker.state.update { $0.isStopping = true }
    if hasThread { pthread_join(thread, nil) }
  }

  /// Reads a register.
  func read(_ register: CoreRegister) throws(XRTFailure) -> UInt32 {
    try worker.handle.read(register, ofCore: worker.index)
  }

  /// Hands a start to the driver.
  func start(_ command: StartCommand) throws(DeviceError) { try worker.start(command) }

  /// Waits for the end of the command.
  func wait(timeLimit: Duration) throws(DeviceError) -> JobEnd {
    let end = worker.state.wait(timeLimit: timeLimit) { state -> Result<JobEnd, DeviceError>? in
      switch state.phase {
      case .idle: return .success(.completed)
      case .running: return nil
      case .ended(let end):
        state.phase = .idle
        return end
      }
    }
    return try (end ?? .success(.running)).get()
  }

  /// What the waiting thread and the core's user share.
  private final class Worker: Sendable {
    enum Phase {
      case idle
      case running
      /// The command is at its end, and nobody has asked yet.
      case ended(Result<JobEnd, DeviceError>)
    }

    struct State {
      var phase = Phase.idle
      var isStopping = false
    }

    let state = Monitor(State())
    let handle: XRTHandle
    let index: UInt32
    private let name: String
    private let command: BufferObject

    /// How long one wait in the driver takes at most; closing a port waits for its end.
    private static let slice: Int32 = 200

    init(handle: XRTHandle, name: String, index: UInt32, command: consuming BufferObject) {
      self.handle = handle
      self.name = name
      self.index = index
      self.command = command
    }

    func start(_ start: StartCommand) throws(DeviceError) {
      try state.update { (state) throws(DeviceError) in
        guard case .idle = state.phase else { throw DeviceError(.failed, "the core still has an earlier job") }
        do throws(XRTFailure) { try execute(CommandPacket(start, core: Int(index))) } catch { throw refusal(error) }
        state.phase = .running
      }
    }

    func work() {
      while true {
        let isWanted = state.wait { state -> Bool? in
          if state.isStopping { return false }
          if case .running = state.phase { return true }
          return nil
        }
        guard isWanted == true, let end = waitForEnd() else { return }
        state.update { $0.phase = .ended(end) }
      }
    }

    /// The end of the command, `nil` when the port is closed before.
    private func waitForEnd() -> Result<JobEnd, DeviceError>? {
      while true {
        // What a wait returns for says only that some command has ended, maybe an earlier one: the state decides.
        switch CommandState(header: command.header) {
        case .completed: return .success(.completed)
        case .broken(let number, let name):
          return .success(.broken("the driver left the command in state \(number) (\(name))"))
        case .pending: break
        }
        if state.update({ $0.isStopping }) { return nil }
        do throws(XRTFailure) { try handle.wait(milliseconds: Worker.slice) } catch {
          return .failure(error.error())
        }
      }
    }

    private func refusal(_ failure: XRTFailure) -> DeviceError {
      switch failure.number {
      case EDEADLK:
        return failure.error(
          .unavailable,
          "the driver has given up this core since a job hung, and keeps so until the overlay is loaded again")
      case EINVAL:
        return failure.error(
          .failed, "the driver knows no open context of \(name): another xclbin was loaded meanwhile; start again")
      default: return failure.error()
      }
    }

    private func execute(_ packet: CommandPacket) throws(XRTFailure) {
      command.withBytes { bytes in packet.words.withUnsafeBytes { bytes.copyMemory(from: $0) } }
      try handle.execute(command)
    }
  }
}
