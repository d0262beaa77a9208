import Glibc

/// A socket that clients connect to.
package final class ListeningSocket: Sendable {
  /// The descriptor, open as long as this lives.
  package let descriptor: Int32
  /// Where it listens; a port that the system chose stands there.
  package let address: ListenAddress
  /// The file of a Unix socket that is removed at the end.
  private let path: String?

  private init(_ descriptor: Int32, _ address: ListenAddress, path: String? = nil) {
    self.descriptor = descriptor
    self.address = address
    self.path = path
  }

  deinit {
    close(descriptor)
    if let path { unlink(path) }
  }

  /// Opens the sockets of an address: one, or those that systemd hands over.
  ///
  /// - Throws: `.failed` in words: taken, no permission, no such address.
  package static func open(_ address: ListenAddress) throws(ServingError) -> [ListeningSocket] {
    switch address {
    case .network(let host, let port): [try openNetwork(host, port)]
    case .unix(let path): [try openUnix(path)]
    case .inherited: try takeInherited()
    }
  }

  private static func openNetwork(_ host: String, _ port: UInt16) throws(ServingError) -> ListeningSocket {
    let wished = ListenAddress.network(host: host, port: port)
    guard var address = SocketAddress(host: host, port: port) else {
      throw ServingError(.failed, "cannot listen at \(wished): \"\(host)\" is no numeric address")
    }
    let descriptor = socket(address.family, streamSocket, 0)
    guard descriptor >= 0 else { throw failure(wished) }
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    guard address.bind(descriptor), listen(descriptor, backlog) == 0 else {
      let error = failure(wished)
      close(descriptor)
      throw error
    }
    let actual = SocketAddress(of: descriptor)?.port ?? port
    return ListeningSocket(descriptor, .network(host: host, port: actual))
  }

  private static func openUnix(_ path: String) throws(ServingError) -> ListeningSocket {
    let wished = ListenAddress.unix(path)
    guard var address = SocketAddress(path: path) else { throw failure(wished) }
    let descriptor = socket(AF_UNIX, streamSocket, 0)
    guard descriptor >= 0 else { throw failure(wished) }
    // A file that nobody listens at was left by one that was killed.
    if address.connects() {
      close(descriptor)
      throw ServingError(
        .failed, "cannot listen at \(wished): another process listens there; stop it, or take another path")
    }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
    // Group members may use it, others not.
    let mask = umask(0o117)
    let isBound = address.bind(descriptor)
    let code = errno
    umask(mask)
    errno = code
    guard isBound, listen(descriptor, backlog) == 0 else {
      let error = failure(wished)
      close(descriptor)
      throw error
    }
    return ListeningSocket(descriptor, wished, path: path)
  }

  /// Takes the sockets from 3 on that `LISTEN_FDS` counts.
  ///
  /// - Source: sd_listen_fds(3).
  private static func takeInherited() throws(ServingError) -> [ListeningSocket] {
    func number(_ name: String) -> Int32? { getenv(name).flatMap { Int32(String(cString: $0)) } }
    guard number("LISTEN_PID") == getpid(), let count = number("LISTEN_FDS"), (1...64).contains(count) else {
      throw ServingError(
        .failed,
        "cannot listen at systemd: it handed no socket over; start through a socket unit, or give --listen an address")
    }
    var sockets: [ListeningSocket] = []
    for descriptor in 3..<3 + count {
      var listens: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0 else {
        throw ServingError(.failed, "descriptor \(descriptor) from systemd is no listening socket; see the socket unit")
      }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
      let address = SocketAddress(of: descriptor)
      sockets.append(ListeningSocket(descriptor, address?.listenAddress ?? .inherited))
    }
    // Not for those whom this process starts.
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
    return sockets
  }

  private static func failure(_ address: ListenAddress) -> ServingError {
    let code = errno
    let advice =
      switch code {
      case EADDRINUSE: "; another process listens there: stop it, or take another one"
      case EACCES, EPERM: "; ports below 1024 and folders of others need rights: take another one"
      case EADDRNOTAVAIL: "; this machine has no such address"
      default: ""
      }
    return ServingError(.failed, "cannot listen at \(address): \(String(cString: strerror(code)))\(advice)")
  }

  private static let backlog: Int32 = 512
  private static let streamSocket =
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
}
