import Inference
import Threads

/// Lets requests wait for a model's places without a thread, in the order of a fair line.
final class AdmissionDesk: Sendable {
  private struct State {
    var line: FairLine<ClientIdentity>
    var lastTicket = 0
    var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
    /// Those that gave up before they began to wait.
    var gone: [Int: ServingError] = [:]
  }

  private let state: Guarded<State>
  private let name: String

  init(placeCount: Int, name: String) {
    state = Guarded(State(line: FairLine(placeCount: placeCount)))
    self.name = name
  }

  /// Requests that wait.
  var waitingCount: Int { state.withLock { $0.line.waitingCount } }

  /// Waits for a place, does something, and gives the place back.
  ///
  /// - Throws: `.unavailable` where too many wait, where the time is up, and where the task is cancelled.
  func withPlace<R: Sendable>(
    _ client: ClientIdentity, _ options: JobOptions, _ body: () async throws(ServingError) -> R
  ) async throws(ServingError) -> R {
    let (ticket, answer) = state.withLock { state in
      state.lastTicket += 1
      return (state.lastTicket, state.line.arrive(state.lastTicket, of: client, options.priority))
    }
    switch answer {
    case .admitted: break
    case .waits: try await wait(ticket, until: options.deadline)
    case .tooMany:
      throw ServingError(.unavailable, "too many requests wait for \"\(name)\"; try again later")
    case .tooManyOfClient:
      throw ServingError(.unavailable, "too many requests of this client wait for \"\(name)\"; try again later")
    }
    defer { leave(ticket) }
    return try await body()
  }

  private func wait(_ ticket: Int, until deadline: Moment?) async throws(ServingError) {
    let timer = deadline.map { deadline in
      Task {
        try await Task.sleep(for: deadline - Moment.now)
        self.giveUp(ticket, "the time of a request was up while it waited for \"\(self.name)\"")
      }
    }
    defer { timer?.cancel() }
    do {
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          let error = state.withLock { state -> ServingError? in
            if let error = state.gone.removeValue(forKey: ticket) { return error }
            if state.line.isAdmitted(ticket) {
              continuation.resume()
            } else {
              state.waiting[ticket] = continuation
            }
            return nil
          }
          if let error { continuation.resume(throwing: error) }
        }
      } onCancel: {
        giveUp(ticket, "a request for \"\(name)\" was given up while it waited")
      }
    } catch let error as ServingError {
      throw error
    } catch {
      throw ServingError(.failed, "waiting for \"\(name)\" failed: \(error)")
    }
  }

  private func giveUp(_ ticket: Int, _ words: String) {
    let error = ServingError(.unavailable, words)
    let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard state.line.isWaiting(ticket) else { return nil }
      _ = state.line.leave(ticket)
      guard let continuation = state.waiting.removeValue(forKey: ticket) else {
        state.gone[ticket] = error
        return nil
      }
      return continuation
    }
    continuation?.resume(throwing: error)
  }

  private func leave(_ ticket: Int) {
    let next = state.withLock { state in
      state.line.leave(ticket).flatMap { state.waiting.removeValue(forKey: $0) }
    }
    next?.resume()
  }
}
