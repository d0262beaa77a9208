import Glibc

/// A state that threads share: one at a time changes it, others wait until it is as they need it.
///
/// The standard library's mutex can't be waited on, and its condition-like types need an asynchronous caller.
package final class Monitor<State>: Sendable {
  // @unchecked: read and written with `mutex` held only; the pthread objects are made for sharing.
  private nonisolated(unsafe) var state: State
  private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private nonisolated(unsafe) let condition: UnsafeMutablePointer<pthread_cond_t>

  /// Makes a monitor of a state.
  package init(_ state: sending State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A clock that nobody sets: setting the time of day must not end or prolong a wait.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Changes the state and wakes all who wait.
  package func update<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Changes the state in a way that nobody waits for, and wakes nobody.
  package func updateQuietly<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Tries something again after every change of the state, until it gives a result or the time is up.
  ///
  /// - Parameters:
  ///   - timeLimit: `nil` waits without end; zero tries once.
  ///   - attempt: Gives `nil` if the state is not as needed, and leaves it unchanged then.
  /// - Returns: What the attempt gave, `nil` when the time is up.
  package func wait<R>(timeLimit: Duration? = nil, until attempt: (inout State) -> R?) -> R? {
    let deadline = timeLimit.map { Monitor.now() + $0 }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = attempt(&state) {
        pthread_cond_broadcast(condition)
        return result
      }
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      guard Monitor.now() < deadline else { return nil }
      var until = timespec()
      // Limits of centuries are cut to what a timespec holds.
      let (seconds, attoseconds) = min(deadline, .seconds(Int64(Int32.max))).components
      until.tv_sec = Int(seconds)
      until.tv_nsec = Int(attoseconds / 1_000_000_000)
      pthread_cond_timedwait(condition, mutex, &until)
    }
  }

  private static func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
