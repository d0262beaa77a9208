#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reads whole files and writes them so that readers see the old content or the new, never half of one.
package enum FileContent {
  /// The most bytes that are read from one file: 4 GiB.
  package static let largestByteCount = 1 << 32

  /// Whether something of that name is there.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether two names lead to the same file.
  package static func isSame(_ path: String, _ other: String) -> Bool {
    var status = stat()
    var otherStatus = stat()
    return stat(path, &status) == 0 && stat(other, &otherStatus) == 0 && status.st_dev == otherStatus.st_dev
      && status.st_ino == otherStatus.st_ino
  }

  /// Reads a whole file.
  ///
  /// - Throws: `cannotRead` with the system's reason, `tooLarge` beyond the limit.
  package static func read(_ path: String, limit: Int = largestByteCount) throws(VisionError) -> [UInt8] {
    var content: [UInt8] = []
    try read(path, limit: limit, into: &content)
    return content
  }

  /// The same into the memory of an array, which then holds exactly the file.
  ///
  /// - Throws: `cannotRead`, `tooLarge`; the array then holds whatever was read.
  package static func read(
    _ path: String, limit: Int = largestByteCount, into content: inout [UInt8]
  ) throws(VisionError) {
    // A text that is passed to C as it is would be copied; as the others below would.
    let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw failure(.cannotRead, "cannot open", path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(.cannotRead, "cannot inspect", path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw VisionError(.cannotRead, "is a folder, expected a file", path: path)
    }
    // A pipe has no size: what is read counts, the size is only a hint. One byte more shows where the file ends.
    content.resize(to: max(1 << 12, min(limit, Int(status.st_size)) + 1), filler: 0)
    var done = 0
    while true {
      if done == content.count { content.append(contentsOf: repeatElement(0, count: max(1 << 16, done))) }
      let got = content.withUnsafeMutableBufferPointer {
        Self.read(file, into: UnsafeMutableBufferPointer(rebasing: $0[done...]))
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw failure(.cannotRead, "cannot read", path)
      }
      done += got
      guard done <= limit else {
        throw VisionError(.tooLarge, "is larger than the limit of \(limit) bytes", path: path)
      }
      if got == 0 { break }
    }
    content.resize(to: done, filler: 0)
  }

  /// Writes a whole file: into a temporary file beside it, which then takes its name; devices and pipes as they are.
  ///
  /// - Throws: `cannotWrite` with the system's reason; the temporary file is removed.
  package static func write(_ content: [UInt8], to path: String) throws(VisionError) {
    var temporary = ""
    let result = content.withUnsafeBytes { bytes in
      Result { () throws(VisionError) in
        try write(bytes, UnsafeRawBufferPointer(start: nil, count: 0), to: path, temporary: &temporary)
      }
    }
    try result.get()
  }

  /// The same with content in two parts.
  ///
  /// - Parameter temporary: Memory for the name of the temporary file.
  static func write(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, to path: String, temporary: inout String
  ) throws(VisionError) {
    var status = stat()
    if path.withCString({ stat($0, &status) }) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      return try writeInPlace(first, second, to: path)
    }
    temporary.removeAll(keepingCapacity: true)
    temporary += path
    temporary += "."
    temporary += String(getpid())
    temporary += "."
    temporary += String(UInt32.random(in: 0...UInt32.max))
    temporary += ".tmp"
    let file = temporary.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    guard file >= 0 else { throw failure(.cannotWrite, "cannot create", path) }
    do throws(VisionError) {
      defer { close(file) }
      try writeAll(first, to: file, path: path)
      try writeAll(second, to: file, path: path)
    } catch {
      unlink(temporary)
      throw error
    }
    let isRenamed = temporary.withCString { old in path.withCString { rename(old, $0) == 0 } }
    guard isRenamed else {
      let error = failure(.cannotWrite, "cannot write", path)
      unlink(temporary)
      throw error
    }
  }

  /// Writes to what is neither file nor folder, such as `/dev/null`, whose name must not be taken.
  private static func writeInPlace(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, to path: String
  ) throws(VisionError) {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(.cannotWrite, "cannot open", path) }
    defer { close(file) }
    try writeAll(first, to: file, path: path)
    try writeAll(second, to: file, path: path)
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, path: String) throws(VisionError) {
    var done = 0
    while done < bytes.count {
      let written = Self.write(file, UnsafeRawBufferPointer(rebasing: bytes[done...]))
      if written > 0 { done += written } else if errno != EINTR { throw failure(.cannotWrite, "cannot write", path) }
    }
  }

  // The C functions under names that do not collide with the methods above.
  private static func read(_ file: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    #if canImport(Glibc)
      Glibc.read(file, buffer.baseAddress, buffer.count)
    #else
      Musl.read(file, buffer.baseAddress, buffer.count)
    #endif
  }

  private static func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(file, bytes.baseAddress, bytes.count)
    #else
      Musl.write(file, bytes.baseAddress, bytes.count)
    #endif
  }

  private static func failure(_ code: VisionError.Code, _ attempt: String, _ path: String) -> VisionError {
    VisionError(code, "\(attempt) the file: \(String(cString: strerror(errno)))", path: path)
  }
}
