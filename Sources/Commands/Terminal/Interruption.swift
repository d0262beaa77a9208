import Glibc
import Synchronization

/// Ctrl-C and SIGTERM, noticed between frames, so that what is being written is finished.
enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// Starts to notice; a second signal ends the program at once.
  static func watch() {
    // Touched here, because a handler must not be the first to initialize it.
    received.store(0, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        Interruption.received.store(number, ordering: .relaxed)
      }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(number, &action, nil)
    }
    // A parent that starts programs from a worker thread may hand down a mask that blocks them.
    sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The exit code of a signal that has come, `nil` where none has.
  static var exitCode: ExitCode? {
    switch received.load(ordering: .relaxed) {
    case 0: nil
    case SIGTERM: .terminated
    default: .interrupted
    }
  }
}
