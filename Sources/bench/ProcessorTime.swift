import Glibc

/// Time on processors, which waiting and other programs do not add to.
enum ProcessorTime {
  /// What all threads of this process have used so far.
  static func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
