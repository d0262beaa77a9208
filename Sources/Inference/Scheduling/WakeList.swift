import Threads

/// Whom to wake once the lock is free: who is woken before would only wait for the lock.
struct WakeList {
  private var first: ThreadSignal?
  private var second: ThreadSignal?
  private var task: UnsafeContinuation<Void, Never>?

  /// Whether there is nobody.
  var isEmpty: Bool { first == nil && task == nil }

  /// Adds a thread; beyond the second it is woken at once.
  mutating func add(_ signal: ThreadSignal) {
    if first == nil {
      first = signal
    } else if second == nil {
      second = signal
    } else {
      signal.wake()
    }
  }

  /// Adds a task; beyond the first it goes on at once.
  mutating func add(_ continuation: UnsafeContinuation<Void, Never>) {
    if task == nil { task = continuation } else { continuation.resume() }
  }

  /// Wakes them all.
  func fire() {
    first?.wake()
    second?.wake()
    task?.resume()
  }
}
