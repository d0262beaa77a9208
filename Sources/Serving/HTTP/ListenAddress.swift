/// Where the service listens.
package enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
  /// A numeric address and a port; port 0 lets the system choose.
  case network(host: String, port: UInt16)
  /// The path of a Unix socket.
  case unix(String)
  /// The sockets that systemd hands over.
  case inherited

  /// Reads an address: `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`, `:8000` (loopback), `unix:/run/dpu.sock`,
  /// `systemd`.
  ///
  /// - Throws: `.badRequest` in words.
  package init(_ text: String) throws(ServingError) {
    if text == "systemd" {
      self = .inherited
      return
    }
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      // The size of sun_path in <sys/un.h>, with its closing zero.
      guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else {
        throw ListenAddress.wrong(text, "unix: and an absolute path of at most 107 bytes")
      }
      self = .unix(path)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw ListenAddress.wrong(text, "ADDRESS:PORT, unix:PATH or systemd")
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw ListenAddress.wrong(text, "brackets around the address, as in [::1]:8000")
    }
    if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
    self = .network(host: host, port: port)
  }

  /// The address as it is written.
  package var description: String {
    switch self {
    case .network(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    case .inherited: "systemd"
    }
  }

  /// Whether only this machine gets there.
  package var isLocal: Bool {
    switch self {
    case .network(let host, _): host.hasPrefix("127.") || host == "::1"
    case .unix, .inherited: true
    }
  }

  private static func wrong(_ text: String, _ expected: String) -> ServingError {
    ServingError(.badRequest, "\"\(text)\" is no address to listen at, expected \(expected)")
  }
}
