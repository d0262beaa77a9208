import Foundation
import Glibc
import Serving

/// A client that sends exactly the bytes that a test wants.
final class RawClient {
  private let descriptor: Int32

  /// What came back.
  struct Answer {
    let status: Int
    let headers: [String: String]
    let body: String
  }

  /// Connects to a socket of this machine.
  ///
  /// - Parameter host: The last number of the address 127.0.0.N that it connects from, where it is a network's socket.
  init(_ address: ListenAddress, from host: UInt8 = 1) throws {
    switch address {
    case .network(_, let port):
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var own = sockaddr_in()
      own.sin_family = sa_family_t(AF_INET)
      own.sin_addr.s_addr = (UInt32(0x7F00_0000) | UInt32(host)).bigEndian
      try take(&own)
      var four = sockaddr_in()
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = port.bigEndian
      four.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      try connect(&four)
    case .unix(let path):
      descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var unix = sockaddr_un()
      unix.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: path.utf8) }
      try connect(&unix)
    case .inherited: throw POSIXError(.EINVAL)
    }
    // No test waits for ever.
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  private func connect<A>(_ address: inout A) throws { try call(Glibc.connect, &address) }

  private func take<A>(_ address: inout A) throws { try call(Glibc.bind, &address) }

  private func call<A>(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ address: inout A
  ) throws {
    let count = socklen_t(MemoryLayout<A>.size)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { function(descriptor, $0, count) }
    }
    guard code == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  /// Sends bytes; `false` where the connection is over.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Sends text; lines end with `\r\n` where the test writes `\n`.
  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.replacingOccurrences(of: "\n", with: "\r\n").utf8)) }

  /// Says that nothing more will be sent.
  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads one answer; `nil` where the connection ends without one.
  func read() -> Answer? {
    var bytes: [UInt8] = []
    let marker = Array("\r\n\r\n".utf8)
    while true {
      if let end = bytes.indices.first(where: { bytes[$0...].starts(with: marker) }) {
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.components(separatedBy: ": ")
          headers[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
        }
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        if status == 100 {
          bytes.removeSubrange(..<(end + 4))
          continue
        }
        let count = Int(headers["content-length"] ?? "") ?? 0
        var body = Array(bytes[(end + 4)...])
        while body.count < count, let more = readSome() { body += more }
        return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
      }
      guard let more = readSome() else { return nil }
      bytes += more
    }
  }

  /// Reads until a text has come, and gives all that has come by then; `nil` where the connection ends before.
  func read(until marker: String) -> String? {
    var bytes: [UInt8] = []
    while let more = readSome() {
      bytes += more
      // The marker may have come in two parts.
      let end = bytes.suffix(more.count + marker.utf8.count)
      if String(decoding: end, as: UTF8.self).contains(marker) { return String(decoding: bytes, as: UTF8.self) }
    }
    return nil
  }

  /// Makes the memory for what has not been read small, so that a client that does not read is soon full.
  func takeLittle() {
    var byteCount = Int32(4096)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &byteCount, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Whether the server has ended the connection.
  func isOver() -> Bool { readSome() == nil }

  private func readSome() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer.prefix(count)) : nil
  }
}
