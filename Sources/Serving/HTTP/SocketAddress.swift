import Glibc

/// An address in the form that the system's functions take.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private var byteCount: socklen_t

  /// Makes a network address, `nil` for a host that is no numeric address.
  init?(host: String, port: UInt16) {
    var four = sockaddr_in()
    var six = sockaddr_in6()
    if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = port.bigEndian
      byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
      copy(&four)
    } else if inet_pton(AF_INET6, host, &six.sin6_addr) == 1 {
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = port.bigEndian
      byteCount = socklen_t(MemoryLayout<sockaddr_in6>.size)
      copy(&six)
    } else {
      return nil
    }
  }

  /// Makes the address of a Unix socket, `nil` for a path that is too long.
  init?(path: String) {
    var unix = sockaddr_un()
    unix.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: unix.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: bytes) }
    byteCount = socklen_t(MemoryLayout<sockaddr_un>.size)
    copy(&unix)
  }

  /// Reads the address that a socket is bound to.
  init?(of descriptor: Int32) {
    byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let size = byteCount
    let code = withUnsafeMutablePointer(to: &storage) { [count = byteCount] pointer in
      var count = count
      return pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &count) }
    }
    guard code == 0 else { return nil }
    byteCount = size
  }

  /// The kind of address.
  var family: Int32 { Int32(storage.ss_family) }

  /// The port of a network address.
  var port: UInt16? {
    switch family {
    case AF_INET: UInt16(bigEndian: view(as: sockaddr_in.self).sin_port)
    case AF_INET6: UInt16(bigEndian: view(as: sockaddr_in6.self).sin6_port)
    default: nil
    }
  }

  /// The address as the options name it.
  var listenAddress: ListenAddress? {
    if family == AF_UNIX {
      let unix = view(as: sockaddr_un.self)
      let path = withUnsafeBytes(of: unix.sun_path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      return .unix(path)
    }
    guard let port else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    if family == AF_INET {
      var host = view(as: sockaddr_in.self).sin_addr
      inet_ntop(family, &host, &text, socklen_t(text.count))
    } else {
      var host = view(as: sockaddr_in6.self).sin6_addr
      inet_ntop(family, &host, &text, socklen_t(text.count))
    }
    let host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    return .network(host: host, port: port)
  }

  /// Binds a socket; `errno` says why not.
  mutating func bind(_ descriptor: Int32) -> Bool { withPointer { Glibc.bind(descriptor, $0, $1) } == 0 }

  /// Whether someone listens at the address.
  mutating func connects() -> Bool {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return withPointer { connect(descriptor, $0, $1) } == 0
  }

  private mutating func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    let count = byteCount
    return withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, count) }
    }
  }

  private mutating func copy<A>(_ address: inout A) {
    withUnsafeMutableBytes(of: &storage) { target in
      withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
    }
  }

  private func view<A>(as type: A.Type) -> A {
    withUnsafeBytes(of: storage) { $0.loadUnaligned(as: A.self) }
  }
}
