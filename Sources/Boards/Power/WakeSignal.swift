#if canImport(Glibc)
  import Glibc
#endif

/// Something that a thread sleeps for, at most so long; a call before it sleeps is not lost.
final class WakeSignal: Sendable {
  private let readEnd: Int32
  private let writeEnd: Int32

  /// Makes a signal.
  ///
  /// - Throws: `failed` where the process may open no further files.
  init() throws(BoardError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw BoardError(.failed, "cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Wakes the one who sleeps, or who is going to.
  func call() {
    var byte: UInt8 = 1
    // A full pipe has calls enough in it.
    _ = write(writeEnd, &byte, 1)
  }

  /// Sleeps until a call, or until the time is up.
  func wait(atMost duration: Duration) {
    var poll = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    // Whole milliseconds, rounded up: to wake too early would be to wake twice.
    let milliseconds = min((duration / .milliseconds(1)).rounded(.up), 1e9)
    guard Glibc.poll(&poll, 1, Int32(max(0, milliseconds))) > 0 else { return }
    var bytes: (UInt64, UInt64) = (0, 0)
    while read(readEnd, &bytes, MemoryLayout.size(ofValue: bytes)) > 0 {}
  }
}
