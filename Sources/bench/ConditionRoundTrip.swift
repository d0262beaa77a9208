import Devices
import Glibc

/// The least that a hand-over between threads costs: a mutex, two condition variables, there and back.
final class ConditionRoundTrip: Sendable {
  private enum Turn {
    case caller, partner, over
  }

  // @unchecked: the turn is read and written with the mutex held only; the others are made for sharing.
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private nonisolated(unsafe) let toPartner = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private nonisolated(unsafe) let toCaller = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private nonisolated(unsafe) var turn = Turn.caller

  /// Makes the objects; `answer` is to be run by another thread.
  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(toPartner, nil)
    pthread_cond_init(toCaller, nil)
  }

  deinit {
    pthread_cond_destroy(toCaller)
    pthread_cond_destroy(toPartner)
    pthread_mutex_destroy(mutex)
    toCaller.deallocate()
    toPartner.deallocate()
    mutex.deallocate()
  }

  /// Goes there and back once.
  func run() {
    pthread_mutex_lock(mutex)
    turn = .partner
    pthread_cond_signal(toPartner)
    while turn == .partner { pthread_cond_wait(toCaller, mutex) }
    pthread_mutex_unlock(mutex)
  }

  /// What the other thread does until `stop`.
  func answer() {
    pthread_mutex_lock(mutex)
    while true {
      while turn == .caller { pthread_cond_wait(toPartner, mutex) }
      if turn == .over { break }
      turn = .caller
      pthread_cond_signal(toCaller)
    }
    pthread_mutex_unlock(mutex)
  }

  /// Ends the other thread.
  func stop() {
    pthread_mutex_lock(mutex)
    turn = .over
    pthread_cond_signal(toPartner)
    pthread_mutex_unlock(mutex)
  }
}
