import Threads

/// Runs a task on the thread that waits for it: to hand each input to another thread would take longer than the rest.
final class CallingThread: TaskExecutor {
  private let jobs = Monitor<[UnownedJob]>([])

  /// Takes a piece of a task.
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.update { $0.append(job) }
  }

  /// Runs something asynchronous to its end.
  func run<R: Sendable>(_ body: @escaping @Sendable () async -> R) -> R {
    let result = Guarded<R?>(nil)
    Task(executorPreference: self) {
      let value = await body()
      result.withLock { $0 = value }
    }
    while true {
      if let value = result.withLock({ $0 }) { return value }
      if let job = jobs.wait(until: { $0.isEmpty ? nil : $0.removeFirst() }) {
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
  }
}
