import Glibc

/// The kernel's log, of which only lines about the PL and XRT's driver are looked at.
enum KernelLog {
  /// The last line with one of some words, without its stamp; `nil` where the log can't be read or has none.
  ///
  /// - Parameter path: `/dev/kmsg`, which gives a record for each read, or a file.
  static func lastLine(of path: String, with words: [String]) -> String? {
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var last: String?
    // A log never ends: no more than what a kernel keeps is read.
    for _ in 0..<100_000 {
      let count = read(file, &buffer, buffer.count)
      guard count > 0 else { break }
      for line in String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n") {
        let text = line.split(separator: ";", maxSplits: 1).last ?? line
        if words.contains(where: { text.contains($0) }) { last = String(text) }
      }
    }
    return last
  }
}
