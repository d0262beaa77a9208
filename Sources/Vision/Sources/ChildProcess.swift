@preconcurrency import Glibc

/// A program that writes bytes into a pipe of ours, started without a shell in a group of processes of its own.
///
/// One thread reads; another may cancel. What the program says on its standard outputs is kept, the last of it. The
/// group is killed, and the child waited for, at the latest when the object goes; where this process is killed before,
/// a guard in the group does it.
package final class ChildProcess: Sendable {
  /// What came of reading.
  package enum Arrival: Equatable, Sendable {
    /// All that was asked for.
    case whole
    /// The program closed the pipe; so many bytes had come.
    case ended(byteCount: Int)
    /// The time was up.
    case late
    /// Another thread ended the waiting.
    case cancelled
  }

  /// How the program ended.
  package enum Ending: Equatable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    package var description: String {
      switch self {
      case .code(let code): "exit code \(code)"
      case .signal(let number): "signal \(number)"
      }
    }
  }

  /// The descriptor under which the program finds the pipe.
  package static let dataDescriptor: Int32 = 3

  /// An error number of the system.
  struct SystemFailure: Error {
    let number: Int32
  }

  /// The process.
  package let number: Int32
  /// Its group, in which what it starts is too.
  package var group: Int32 { guardian.group }
  private let guardian: ProcessGuard
  private let data: Int32
  private let words: Int32
  private let cancelReader: Int32
  private let cancelWriter: Int32
  // @unchecked: used by the thread that reads, and by the one that ends the process when nobody reads any more.
  private nonisolated(unsafe) var said: [UInt8] = []
  private nonisolated(unsafe) var isSilent = false
  private nonisolated(unsafe) var ending: Ending?

  /// The file of a program that is named by its path or found in `PATH`, `nil` where there is none.
  package static func find(_ program: String) -> String? {
    if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return folders.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }

  /// Starts a program with this process's surroundings and nothing on its standard input.
  ///
  /// - Throws: `cannotRead` with the system's reason.
  package init(_ path: String, _ arguments: [String]) throws(VisionError) {
    var pipes: [Int32] = []
    for _ in 0..<3 {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else {
        let reason = errno
        for end in pipes { Glibc.close(end) }
        throw Self.problem(path, reason)
      }
      // So that no other program that is started meanwhile holds them open.
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      pipes += ends
    }
    // A megabyte holds a picture of 640 x 480: fewer changes between the processes. Less is no failure.
    _ = fcntl(pipes[1], Self.setPipeSize, 1 << 20)
    let result = Self.start(path, arguments, data: pipes[1], words: pipes[3])
    Glibc.close(pipes[1])
    Glibc.close(pipes[3])
    guard case .success(let (child, guardian)) = result else {
      for end in [pipes[0], pipes[2], pipes[4], pipes[5]] { Glibc.close(end) }
      guard case .failure(let error) = result else { preconditionFailure("neither started nor failed") }
      throw error
    }
    self.guardian = guardian
    (data, words, cancelReader, cancelWriter) = (pipes[0], pipes[2], pipes[4], pipes[5])
    for end in [data, words] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    number = child
  }

  deinit {
    end(waiting: .zero)
    for end in [data, words, cancelReader, cancelWriter] { Glibc.close(end) }
  }

  /// Fills a buffer from the pipe.
  package func read(into buffer: UnsafeMutableRawBufferPointer, timeLimit: Duration) -> Arrival {
    let deadline = Self.now() + Self.milliseconds(timeLimit)
    var filled = 0
    while filled < buffer.count {
      let left = deadline - Self.now()
      guard left > 0 else { return .late }
      var waited = [
        pollfd(fd: cancelReader, events: Int16(POLLIN), revents: 0),
        pollfd(fd: data, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isSilent ? -1 : words, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&waited, nfds_t(waited.count), Int32(clamping: left)) >= 0 else {
        if errno == EINTR { continue }
        return .ended(byteCount: filled)
      }
      if waited[0].revents != 0 { return .cancelled }
      if waited[2].revents != 0 { listen() }
      guard waited[1].revents != 0, let start = buffer.baseAddress else { continue }
      let count = Glibc.read(data, start + filled, buffer.count - filled)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return .ended(byteCount: filled) }
      filled += count
    }
    return .whole
  }

  /// Ends reading, now and later.
  package func cancel() {
    var byte: UInt8 = 0
    // The pipe holds thousands of these; one is enough.
    _ = write(cancelWriter, &byte, 1)
  }

  /// Waits for the program's end; kills it and what it started itself when that takes too long.
  ///
  /// - Parameter timeLimit: How long it may take by itself.
  @discardableResult
  package func end(waiting timeLimit: Duration) -> Ending {
    if let ending { return ending }
    if !hasEnded(within: Self.milliseconds(timeLimit)) {
      // A moment to let go of a camera; whoever does not take it is killed.
      kill(-group, SIGTERM)
      _ = hasEnded(within: 500)
    }
    guardian.end()
    var status: Int32 = 0
    while waitpid(number, &status, 0) < 0, errno == EINTR {}
    listen()
    // WIFEXITED and WEXITSTATUS are macros, which Swift does not see.
    let result: Ending = status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
    ending = result
    return result
  }

  /// Whether the program ends in time; it is not waited for in the sense of the system yet.
  private func hasEnded(within milliseconds: Int64) -> Bool {
    let deadline = Self.now() + milliseconds
    while true {
      var state = siginfo_t()
      if waitid(P_PID, id_t(number), &state, WEXITED | WNOHANG | WNOWAIT) == 0, state.si_signo == SIGCHLD {
        return true
      }
      guard Self.now() < deadline else { return false }
      // A program that can't get rid of its words does not end.
      listen()
      usleep(2000)
    }
  }

  /// The last lines of what the program said, without control characters.
  package var lastWords: [String] {
    listen()
    let lines = String(decoding: said, as: UTF8.self).split(whereSeparator: \.isNewline).suffix(12)
    return lines.map { line in
      String(
        String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }))
    }
  }

  /// Takes what the program has said, without waiting.
  private func listen() {
    // On the stack: a pipeline may say something with every picture.
    withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { chunk in
      while !isSilent {
        let count = Glibc.read(words, chunk.baseAddress, chunk.count)
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN { return }
        guard count > 0 else {
          isSilent = true
          return
        }
        said += chunk[..<count]
        if said.count > Self.keptWords { said.removeFirst(said.count - Self.keptWords) }
      }
    }
  }

  private static func start(
    _ path: String, _ arguments: [String], data: Int32, words: Int32
  ) -> Result<(child: pid_t, guardian: ProcessGuard), VisionError> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The pipes' own numbers may be among those that are given to the child.
    let spare = fcntl(data, F_DUPFD_CLOEXEC, 10)
    let spareWords = fcntl(words, F_DUPFD_CLOEXEC, 10)
    defer { for descriptor in [spare, spareWords] where descriptor >= 0 { Glibc.close(descriptor) } }
    guard spare >= 0, spareWords >= 0 else { return .failure(problem(path, errno)) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, spareWords, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, spareWords, STDERR_FILENO)
    posix_spawn_file_actions_adddup2(&actions, spare, dataDescriptor)
    switch ProcessGuard.start() {
    case .failure(let error): return .failure(problem("/bin/sh", error.number))
    case .success(let guardian):
      // A group of its own: Ctrl-C ends the pipeline when the frames under way are done, and not before.
      switch spawn(path, arguments, actions: &actions, group: guardian.group) {
      case .success(let child): return .success((child, guardian))
      case .failure(let error):
        guardian.end()
        return .failure(problem(path, error.number))
      }
    }
  }

  /// Starts a program with the usual signals.
  ///
  /// - Parameter group: The group of processes to join, 0 for a new one.
  static func spawn(
    _ path: String, _ arguments: [String], actions: inout posix_spawn_file_actions_t, group: Int32
  ) -> Result<pid_t, SystemFailure> {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var usual = sigset_t()
    sigemptyset(&usual)
    for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, group)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var argumentWords: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    argumentWords.append(nil)
    defer { for word in argumentWords { free(word) } }
    var child: pid_t = 0
    let reason = posix_spawn(&child, path, &actions, &attributes, argumentWords, environ)
    return reason == 0 ? .success(child) : .failure(SystemFailure(number: reason))
  }

  private static func problem(_ path: String, _ reason: Int32) -> VisionError {
    VisionError(.cannotRead, "cannot start the program: \(String(cString: strerror(reason)))", path: path)
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
  }

  /// Milliseconds of a clock that nobody sets.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// F_SETPIPE_SZ of fcntl(2), which Swift does not see.
  private static let setPipeSize: Int32 = 1031
  /// How much of what a program says is kept.
  private static let keptWords = 4096
}
