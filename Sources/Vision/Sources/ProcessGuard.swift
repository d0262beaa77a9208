@preconcurrency import Glibc

/// A process that ends its whole group as soon as this one is gone, however that came about.
///
/// Nobody can catch SIGKILL, and a program that writes nothing never notices that its reader is gone. So a shell of three
/// words leads the group and waits for the end of a pipe whose other end only this process holds.
struct ProcessGuard: Sendable {
  /// The group, for those that are to join it; also the number of its leader.
  let group: Int32
  private let lifeline: Int32

  /// What the shell does: the signals that politely end the others are not for it.
  private static let script = "trap '' HUP INT TERM; read -r nothing; kill -KILL 0"

  /// Makes a group with nobody else in it.
  static func start() -> Result<ProcessGuard, ChildProcess.SystemFailure> {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return .failure(ChildProcess.SystemFailure(number: errno)) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let spare = fcntl(ends[0], F_DUPFD_CLOEXEC, 10)
    close(ends[0])
    guard spare >= 0 else {
      let reason = errno
      close(ends[1])
      return .failure(ChildProcess.SystemFailure(number: reason))
    }
    defer { close(spare) }
    posix_spawn_file_actions_adddup2(&actions, spare, STDIN_FILENO)
    // What it holds open nobody else would see the end of.
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    switch ChildProcess.spawn("/bin/sh", ["-c", script], actions: &actions, group: 0) {
    case .success(let number): return .success(ProcessGuard(group: number, lifeline: ends[1]))
    case .failure(let error):
      close(ends[1])
      return .failure(error)
    }
  }

  /// Kills all of the group that is left, and waits for its leader; to be called once.
  func end() {
    // As long as nobody has waited for the leader, the number of the group is given to no other.
    kill(-group, SIGKILL)
    var status: Int32 = 0
    while waitpid(group, &status, 0) < 0, errno == EINTR {}
    close(lifeline)
  }
}
