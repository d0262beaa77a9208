import Glibc
import Synchronization

/// SIGHUP, by which a service manager asks to look at the configuration again.
enum ReloadSignal {
  private static let received = Atomic(false)

  /// Starts to notice it.
  static func watch() {
    // Touched here, because a handler must not be the first to initialize it.
    received.store(false, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in ReloadSignal.received.store(true, ordering: .relaxed) }
    sigaction(SIGHUP, &action, nil)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGHUP)
    sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Whether it has come since the last call.
  static func take() -> Bool { received.exchange(false, ordering: .relaxed) }
}
