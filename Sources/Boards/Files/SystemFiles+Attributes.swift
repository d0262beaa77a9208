#if canImport(Glibc)
  import Glibc
#endif

extension SystemFiles {
  /// Reads an attribute of a driver, waiting as long as the driver takes.
  ///
  /// Other files are opened so that nothing can block. A driver of a chip on a slow bus does block, and a broken bus may
  /// never answer: this belongs on a thread that nobody waits for.
  ///
  /// - Throws: `unavailable` where there is none or its chip is gone, `noPermission`, else `inputOutput`.
  package func readAttribute(_ path: String) throws(BoardError) -> [UInt8] {
    let file = open(root + path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("open", path) }
    defer { close(file) }
    var count = 0
    // The kernel gives an attribute whole in one read, of a page at most.
    let content = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
      repeat { count = Glibc.read(file, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
      filled = max(0, count)
    }
    guard count >= 0 else { throw failure("read", path) }
    return content
  }

  /// Reads an attribute that holds one whole number.
  ///
  /// - Throws: `malformed` for anything else, with what was found.
  package func readNumber(_ path: String) throws(BoardError) -> Int {
    let bytes = try readAttribute(path)
    let text = String(decoding: bytes.prefix(64), as: UTF8.self)
    let words = text.split { $0.isWhitespace || $0 == "\0" }
    guard words.count == 1, let number = Int(words[0]) else {
      let found = bytes.isEmpty ? "nothing" : "'\(words.joined(separator: " "))'"
      throw BoardError(.malformed, "holds \(found), expected one whole number", path: root + path)
    }
    return number
  }

  /// Whether this process may read a file; nothing is opened.
  package func isReadable(_ path: String) -> Bool { access(root + path, R_OK) == 0 }
}
