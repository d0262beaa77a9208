import Glibc
import Threads

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Looks into running commands through their statistics sockets.
package enum StatisticsClient {
  /// What a socket answered.
  package enum Answer: Equatable, Sendable {
    /// The latest line.
    case snapshot(RunSnapshot)
    /// The process that had it is gone.
    case gone
    /// The process is there and gives no line, or one that can't be read; why, in words.
    case silent(String)
  }

  enum Connection {
    case open(Int32)
    case gone
    case refused(String)
  }

  /// What the processes of a folder say; sockets of processes that are gone are taken away.
  ///
  /// - Parameter timeLimit: How long each may take to answer.
  package static func look(
    into folder: RuntimeFolder, timeLimit: Duration = .milliseconds(500)
  ) -> [(process: Int, answer: Answer)] {
    folder.processes().compactMap { process in
      let name = RuntimeFolder.socketName(of: process)
      guard folder.socketOwner(name) != nil else { return nil }
      switch connect(to: name, in: folder) {
      case .open(let socket):
        defer { close(socket) }
        return (process, read(from: socket, timeLimit: timeLimit))
      case .gone:
        folder.remove(name)
        return nil
      case .refused(let reason): return (process, .silent(reason))
      }
    }
  }

  /// Connects to a socket of a folder, without waiting.
  static func connect(to name: String, in folder: RuntimeFolder) -> Connection {
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard client >= 0 else { return .refused(String(cString: strerror(errno))) }
    var address = folder.address(name)
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isOpen = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(client, $0, size) == 0 }
    }
    guard !isOpen else { return .open(client) }
    let reason = errno
    close(client)
    switch reason {
    case ECONNREFUSED, ENOENT: return .gone
    case EACCES: return .refused("belongs to another user")
    case EAGAIN: return .refused("does not answer")
    default: return .refused(String(cString: strerror(reason)))
    }
  }

  private static func read(from socket: Int32, timeLimit: Duration) -> Answer {
    let deadline = Moment.now + timeLimit
    var line: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let left = (deadline - .now).wholeNanoseconds / 1_000_000
      guard left > 0 else { return .silent("does not answer") }
      var item = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, Int32(clamping: left)) > 0 else { continue }
      let count = Glibc.read(socket, &chunk, chunk.count)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      // A process that ends while it is asked is gone.
      guard count > 0 else { return line.isEmpty ? .silent("ended") : .silent("gave half a line") }
      line += chunk[..<count]
      if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return decode(Array(line[..<end])) }
      guard line.count <= longestLine else { return .silent("gives a line that does not end") }
    }
  }

  private static func decode(_ line: [UInt8]) -> Answer {
    guard let snapshot = try? JSONDecoder().decode(RunSnapshot.self, from: Data(line)),
      snapshot.schema == RunSnapshot.schema
    else { return .silent("gives another form than \(RunSnapshot.schema)") }
    return .snapshot(snapshot)
  }

  private static let longestLine = 1 << 16
}
