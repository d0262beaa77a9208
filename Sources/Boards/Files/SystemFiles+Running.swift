#if canImport(Glibc)
  import Glibc
#endif

extension SystemFiles {
  /// The most output that is kept of a program.
  private static let longestOutput = 1 << 16

  /// Runs a program with nothing on its standard input, both outputs joined, and ends it at a deadline.
  package func run(_ program: String, _ arguments: [String], seconds: Int) throws(BoardError) -> (
    output: String, code: Int32
  ) {
    guard exists(program) else {
      throw BoardError(.unavailable, "there is no such program", path: root + program)
    }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw problem("make a pipe for", program, errno) }
    let (readEnd, writeEnd) = (ends[0], ends[1])
    defer { close(readEnd) }
    // So that no other program that is started meanwhile holds them open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let started = Result { () throws(BoardError) in try start(program, arguments, output: writeEnd) }
    close(writeEnd)
    let child = try started.get()
    let deadline = SystemFiles.now() + Int64(seconds) * 1000
    let output = SystemFiles.collect(readEnd, until: deadline)
    var status: Int32 = 0
    // A program may close its output long before it ends.
    while waitpid(child, &status, WNOHANG) == 0 {
      guard SystemFiles.now() < deadline else {
        kill(child, SIGKILL)
        waitpid(child, &status, 0)
        throw BoardError(.failed, "did not end within \(seconds) s and was stopped", path: root + program)
      }
      usleep(2000)
    }
    // WIFEXITED and WEXITSTATUS are macros, which Swift does not see.
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return (String(decoding: output, as: UTF8.self), code)
  }

  private func start(_ program: String, _ arguments: [String], output: Int32) throws(BoardError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    var words: [UnsafeMutablePointer<CChar>?] = ([root + program] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    // Nothing of our own surroundings belongs into a program that runs as root.
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
    defer { free(environment[0]) }
    var reason = posix_spawn(&child, root + program, &actions, nil, words, &environment)
    // A child of another thread can hold a script that was just written open for a moment.
    for _ in 0..<500 where reason == ETXTBSY {
      SystemFiles.pause(milliseconds: 10)
      reason = posix_spawn(&child, root + program, &actions, nil, words, &environment)
    }
    guard reason == 0 else { throw problem("start", program, reason) }
    return child
  }

  private func problem(_ attempt: String, _ program: String, _ reason: Int32) -> BoardError {
    BoardError(.failed, "cannot \(attempt) the program: \(String(cString: strerror(reason)))", path: root + program)
  }

  /// What comes until the end of a pipe or a deadline.
  private static func collect(_ descriptor: Int32, until deadline: Int64) -> [UInt8] {
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let left = deadline - now()
      guard left > 0 else { return output }
      var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&item, 1, Int32(clamping: left))
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return output }
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return output }
      if output.count < longestOutput { output += chunk[..<count] }
    }
  }

  /// Waits.
  static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

  /// Milliseconds of a clock that never jumps.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
