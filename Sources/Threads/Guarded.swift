import Glibc

/// A state that threads share: one at a time sees and changes it, and nobody waits for what it becomes.
///
/// The standard library's mutex would do, but the thread sanitizer does not know it (Swift 6.3.1 on Linux) and reports
/// every use as a race.
package final class Guarded<State>: Sendable {
  // @unchecked: read and written with `mutex` held only, which is made for sharing.
  private nonisolated(unsafe) var state: State
  private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>

  /// Guards a state.
  package init(_ state: sending State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Sees and changes the state.
  package func withLock<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }
}
