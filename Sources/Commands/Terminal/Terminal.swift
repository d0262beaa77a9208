#if canImport(Glibc)
  import Glibc
#endif

/// What lies behind a stream: a screen or something else.
package enum Terminal {
  /// Whether a stream is a screen that understands control sequences.
  package static func isScreen(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && environment("TERM") != "dumb"
  }

  /// The columns of a screen, between 40 and 120; 80 where a stream is not a screen.
  package static func width(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return max(40, min(120, Int(size.ws_col)))
  }

  /// Columns and rows.
  struct Size: Equatable {
    let columns: Int
    let rows: Int
  }

  /// The size of a screen as it is now; 80 columns and 24 rows where a stream is not a screen or does not tell.
  static func size(of descriptor: Int32) -> Size {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return Size(columns: 80, rows: 24)
    }
    return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  /// The value of an environment variable, `nil` where it is unset or empty.
  package static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// Writes a text to a stream, all of it.
  ///
  /// - Returns: The system's error number, 0 when all was written.
  package static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        written += count
      }
      return 0
    }
  }
}
