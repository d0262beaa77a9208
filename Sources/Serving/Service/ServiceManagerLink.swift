import Glibc

/// Tells systemd how the service is doing: one datagram to the socket that `NOTIFY_SOCKET` names.
///
/// - Source: sd_notify(3), which documents the protocol as the interface.
package struct ServiceManagerLink: Sendable {
  private let path: String?

  /// Finds the service manager; where there is none, nothing is told.
  package init() { path = getenv("NOTIFY_SOCKET").map { String(cString: $0) } }

  /// Whether somebody listens.
  package var isPresent: Bool { path != nil }

  /// How often the manager wants to hear that the service is well; `nil` where it does not.
  package var watchdogInterval: Duration? {
    func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
    guard let microseconds = number("WATCHDOG_USEC"), microseconds > 0 else { return nil }
    if let process = number("WATCHDOG_PID"), process != Int(getpid()) { return nil }
    return .microseconds(microseconds)
  }

  /// Tells something: `READY=1`, `STATUS=…`, `STOPPING=1`, `WATCHDOG=1`.
  ///
  /// - Returns: Whether it was sent.
  @discardableResult
  package func tell(_ lines: String...) -> Bool {
    guard let path else { return false }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    guard let first = name.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
      name.count < MemoryLayout.size(ofValue: address.sun_path)
    else { return false }
    // A name that begins with @ lies in no folder: its first byte is 0.
    if first == UInt8(ascii: "@") { name[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let text = Array(lines.joined(separator: "\n").utf8)
    let offset = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2
    let count = socklen_t(offset + name.count)
    let sent = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, count)
      }
    }
    return sent == text.count
  }
}
