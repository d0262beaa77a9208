#if canImport(Glibc)
  import Glibc
#endif

/// A folder that is held against other processes, until this is let go or the process ends.
package final class FolderHold: Sendable {
  private let folder: Int32

  /// Holds a folder of this machine.
  ///
  /// - Throws: `refused` where somebody else holds it.
  init(_ path: String) throws(BoardError) {
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      throw BoardError(.inputOutput, "cannot open: \(String(cString: strerror(errno)))", path: path)
    }
    guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      close(folder)
      throw reason == EWOULDBLOCK
        ? BoardError(.refused, "another 'dpu overlay' is at work on it; wait for its end", path: path)
        : BoardError(.inputOutput, "cannot be held: \(String(cString: strerror(reason)))", path: path)
    }
  }

  deinit {
    // A child that another thread is just starting has it open too, until it becomes another program: closing is not enough.
    flock(folder, LOCK_UN)
    close(folder)
  }
}
