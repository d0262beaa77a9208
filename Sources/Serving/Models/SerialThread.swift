import Devices
import Threads

/// A thread for work that takes long and blocks, one piece after the other.
final class SerialThread: Sendable {
  private struct State {
    var work: [@Sendable () -> Void] = []
    var isOver = false
  }

  private let state = Monitor(State())
  private let thread: OwnThread

  init() throws(ServingError) {
    let state = state
    do throws(DeviceError) {
      thread = try OwnThread {
        // What was handed in is done before the end.
        while let piece = state.wait(until: SerialThread.next) ?? nil { piece() }
      }
    } catch {
      throw ServingError(.failed, error.message)
    }
  }

  deinit {
    state.update { $0.isOver = true }
    thread.join()
  }

  /// Does something on the thread while the task waits.
  func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
    // By a lock beside the continuation: the thread sanitizer does not know how those hand results over.
    let result = Guarded<R?>(nil)
    await withCheckedContinuation { continuation in
      state.update { state in
        state.work.append {
          let value = body()
          result.withLock { $0 = value }
          continuation.resume()
        }
      }
    }
    guard let value = result.withLock({ $0 }) else { preconditionFailure("a piece of work ended without a result") }
    return value
  }

  private static func next(_ state: inout State) -> (@Sendable () -> Void)?? {
    if !state.work.isEmpty { return .some(state.work.removeFirst()) }
    return state.isOver ? .some(nil) : nil
  }
}
