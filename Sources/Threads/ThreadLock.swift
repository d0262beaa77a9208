import Glibc

/// A lock whose holders may sleep until someone wakes just them.
///
/// A `Monitor` wakes all who wait at every change; here each has a signal of its own, and nothing is woken in vain.
package final class ThreadLock: Sendable {
  // @unchecked: made for sharing, initialised once and destroyed last.
  fileprivate nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>

  /// Makes a lock that nobody holds.
  package init() {
    mutex = .allocate(capacity: 1)
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    // Held for less than a microsecond: to try again for a moment costs less than to sleep.
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
    pthread_mutex_init(mutex, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Waits until the lock is free and takes it.
  package func lock() { pthread_mutex_lock(mutex) }

  /// Gives the lock back.
  package func unlock() { pthread_mutex_unlock(mutex) }
}

/// What one thread sleeps for while it lends its lock to others.
package final class ThreadSignal: Sendable {
  // @unchecked: made for sharing, initialised once and destroyed last.
  private nonisolated(unsafe) let condition: UnsafeMutablePointer<pthread_cond_t>

  /// Makes a signal.
  package init() {
    condition = .allocate(capacity: 1)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  /// Sleeps until a wake; may return without one.
  ///
  /// - Parameter lock: Held by the caller, before and after.
  package func wait(lending lock: ThreadLock) { pthread_cond_wait(condition, lock.mutex) }

  /// Sleeps until a wake or a moment; may return before either.
  package func wait(lending lock: ThreadLock, until moment: Moment) {
    var time = moment.systemTime
    pthread_cond_timedwait(condition, lock.mutex, &time)
  }

  /// Wakes the thread that sleeps for it.
  package func wake() { pthread_cond_signal(condition) }

  /// Wakes all threads that sleep for it.
  package func wakeAll() { pthread_cond_broadcast(condition) }
}
