import Threads

/// A thread of its own on which a task runs: tests may keep those that all tasks share busy.
package final class TaskThread: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var first = 0
    var isOver = false
  }

  private let state: Monitor<State>

  private init() {
    var state = State()
    state.jobs.reserveCapacity(64)
    self.state = Monitor(state)
  }

  /// Takes a piece of a task.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.update { $0.jobs.append(job) }
  }

  /// Runs something asynchronous to its end while the calling thread waits.
  package static func run<R: Sendable, E: Error>(_ body: @escaping @Sendable () async throws(E) -> R) throws(E) -> R {
    let executor = TaskThread()
    let result = Monitor<Result<R, E>?>(nil)
    Task(executorPreference: executor) {
      let outcome: Result<R, E>
      do throws(E) { outcome = .success(try await body()) } catch { outcome = .failure(error) }
      result.update { $0 = outcome }
      executor.state.update { $0.isOver = true }
    }
    // The thread ends after the task, and what the task held is let go by then.
    let isDone = Monitor(false)
    runInBackground {
      executor.work()
      isDone.update { $0 = true }
    }
    _ = isDone.wait { $0 ? true : nil }
    guard let outcome = result.update({ $0 }) else { preconditionFailure("a task ends with a result") }
    return try outcome.get()
  }

  /// Has a thread for tasks while something is done; the thread ends when what it was given by then is done.
  package static func with<R>(_ body: (TaskThread) throws -> R) rethrows -> R {
    let executor = TaskThread()
    let isDone = Monitor(false)
    runInBackground {
      executor.work()
      isDone.update { $0 = true }
    }
    defer {
      executor.state.update { $0.isOver = true }
      _ = isDone.wait { $0 ? true : nil }
    }
    return try body(executor)
  }

  private func work() {
    while let job = state.wait(until: next) ?? nil { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  /// The next piece; `.some(nil)` at the end.
  private func next(_ state: inout State) -> UnownedJob?? {
    if state.first < state.jobs.count {
      let job = state.jobs[state.first]
      state.first += 1
      if state.first == state.jobs.count {
        state.jobs.removeAll(keepingCapacity: true)
        state.first = 0
      }
      return .some(job)
    }
    return state.isOver ? .some(nil) : nil
  }
}
