package import Glibc

/// The folder in which running commands leave their statistics sockets, held open.
///
/// Sockets are reached through the open folder (`/proc/self/fd/N/NAME`): nobody can put another folder in its place in
/// between, and its path may be longer than the 107 bytes that a socket's address holds.
package final class RuntimeFolder: Sendable {
  /// Where a folder is, and who may read the sockets in it.
  package struct Place: Equatable, Sendable {
    /// The path.
    package let path: String
    /// The mode of sockets: of the user alone, or of a service's group too.
    package let socketMode: mode_t
    /// Whether it is made where it is missing, and with which mode.
    package let folderMode: mode_t?

    /// Names a place.
    package init(path: String, socketMode: mode_t, folderMode: mode_t?) {
      (self.path, self.socketMode, self.folderMode) = (path, socketMode, folderMode)
    }
  }

  /// The path.
  package let path: String
  /// The open folder.
  let descriptor: Int32

  /// Where this process publishes: `$RUNTIME_DIRECTORY`, `$XDG_RUNTIME_DIR/swift-dpu`, as root `/run/swift-dpu`, else
  /// `/tmp/swift-dpu-UID`.
  ///
  /// - Source: systemd.exec(5) of `$RUNTIME_DIRECTORY`, a list with colons; XDG Base Directory Specification.
  package static func placeForPublishing(
    environment: (String) -> String? = { Terminal.environment($0) }, user: uid_t = geteuid()
  ) -> Place {
    if let path = environment("RUNTIME_DIRECTORY")?.split(separator: ":").first, path.hasPrefix("/") {
      return Place(path: String(path), socketMode: 0o660, folderMode: nil)
    }
    if let path = environment("XDG_RUNTIME_DIR"), path.hasPrefix("/") {
      return Place(path: path + "/swift-dpu", socketMode: 0o600, folderMode: 0o700)
    }
    if user == 0 { return Place(path: shared, socketMode: 0o660, folderMode: 0o755) }
    return Place(path: "/tmp/swift-dpu-\(user)", socketMode: 0o600, folderMode: 0o700)
  }

  /// The folders in which to look for others: those in which this user's commands may publish, and that of services.
  package static func placesForReading(
    environment: (String) -> String? = { Terminal.environment($0) }, user: uid_t = geteuid()
  ) -> [String] {
    let own = placeForPublishing(environment: environment, user: user).path
    return [own] + ["/tmp/swift-dpu-\(user)", shared].filter { $0 != own }
  }

  private static let shared = "/run/swift-dpu"

  /// Opens a folder if it is one that only this user, root or a group of theirs can write to.
  ///
  /// - Parameters:
  ///   - path: The folder; its last part may not be a symbolic link.
  ///   - mode: The mode with which it is made where it is missing, `nil` to leave it missing.
  /// - Throws: In words, why it is not used. `nil` is returned where there is none.
  package init?(_ path: String, making mode: mode_t? = nil) throws(CommandError) {
    if let mode, mkdir(path, mode) != 0, errno != EEXIST {
      throw Self.problem(path, "cannot be made: \(String(cString: strerror(errno)))")
    }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      let isLink = errno == ELOOP || errno == ENOTDIR
      throw Self.problem(path, isLink ? "is a link or no folder" : String(cString: strerror(errno)))
    }
    self.path = path
    self.descriptor = descriptor
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
      throw Self.problem(path, "belongs to another user (\(status.st_uid))")
    }
    guard status.st_mode & S_IWOTH == 0 else { throw Self.problem(path, "can be written to by everybody") }
  }

  deinit { close(descriptor) }

  /// A name in the folder as a socket's address.
  func address(_ name: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array("/proc/self/fd/\(descriptor)/\(name)".utf8)
    precondition(path.count < MemoryLayout.size(ofValue: address.sun_path), "a socket's name is short")
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    return address
  }

  /// The processes that have a socket in the folder, by their numbers in ascending order.
  func processes() -> [Int] {
    // A duplicate shares its position with others of its kind; a folder that is opened anew does not.
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else {
      if copy >= 0 { close(copy) }
      return []
    }
    defer { closedir(stream) }
    var numbers: [Int] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let number = Self.process(ofSocket: name) { numbers.append(number) }
    }
    return numbers.sorted()
  }

  /// The name of a process's socket.
  static func socketName(of process: Int) -> String { "\(process).sock" }

  private static func process(ofSocket name: String) -> Int? {
    guard name.hasSuffix(".sock"), let number = Int(name.dropLast(5)), number > 0, socketName(of: number) == name
    else { return nil }
    return number
  }

  /// Whether a name is a socket and no link to one; and who owns it.
  func socketOwner(_ name: String) -> uid_t? {
    var status = stat()
    guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
      return nil
    }
    return status.st_uid
  }

  /// Takes a name away, if it is a socket of this user's.
  func remove(_ name: String) {
    guard let owner = socketOwner(name), owner == geteuid() || geteuid() == 0 else { return }
    unlinkat(descriptor, name, 0)
  }

  private static func problem(_ path: String, _ reason: String) -> CommandError {
    CommandError(.invalidInput, "\(path): the folder for statistics sockets \(reason)")
  }
}
