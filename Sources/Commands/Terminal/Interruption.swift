import Glibc
import Synchronization

/// Ctrl-C, SIGTERM and the end of the session, noticed between frames, so that what is being written is finished.
enum Interruption {
  private static let received = Atomic<Int32>(0)
  private static let companions = Atomic<Int32>(0)

  /// Starts to notice; a second signal ends the program at once.
  static func watch() {
    // Touched here, because a handler must not be the first to initialize them.
    received.store(0, ordering: .relaxed)
    companions.store(0, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // Who starts a program with nohup wants it to outlive the session.
      var former = sigaction()
      if number == SIGHUP, sigaction(number, nil, &former) == 0,
        unsafeBitCast(former.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      {
        continue
      }
      sigaddset(&signals, number)
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        guard Interruption.received.exchange(number, ordering: .relaxed) != 0 else { return }
        // Of a session that is closed both the shell and the system tell: that is one wish.
        guard number != SIGHUP else { return }
        let group = Interruption.companions.load(ordering: .relaxed)
        if group > 0 { kill(-group, SIGKILL) }
        // The signal that is blocked now ends the program when the handler is left.
        signal(number, SIG_DFL)
        raise(number)
      }
      sigaction(number, &action, nil)
    }
    // A parent that starts programs from a worker thread may hand down a mask that blocks them.
    sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The group of processes that must not outlive the program when it ends at once; `nil` for none.
  static func accompany(_ group: Int32?) { companions.store(group ?? 0, ordering: .relaxed) }

  /// The exit code of a signal that has come, `nil` where none has.
  static var exitCode: ExitCode? {
    switch received.load(ordering: .relaxed) {
    case 0: nil
    case SIGTERM: .terminated
    case SIGHUP: .hungUp
    default: .interrupted
    }
  }
}
