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
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(.cannotRead, "cannot open", path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(.cannotRead, "cannot inspect", path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw VisionError(.cannotRead, "is a folder, expected a file", path: path)
    }
    // A pipe has no size: what is read counts, the size is only a hint.
    var content = [UInt8]()
    while true {
      let wanted = max(1 << 16, min(limit, Int(status.st_size)) - content.count + 1)
      var problem: VisionError?
      let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        count = 0
        repeat {
          let got = Self.read(file, into: buffer)
          if got >= 0 {
            count = got
            return
          }
        } while errno == EINTR
        problem = failure(.cannotRead, "cannot read", path)
      }
      if let problem { throw problem }
      if chunk.isEmpty { return content }
      guard content.count + chunk.count <= limit else {
        throw VisionError(.tooLarge, "is larger than the limit of \(limit) bytes", path: path)
      }
      if content.isEmpty { content = chunk } else { content += chunk }
    }
  }

  /// Writes a whole file: into a temporary file beside it, which then takes its name; devices and pipes as they are.
  ///
  /// - Throws: `cannotWrite` with the system's reason; the temporary file is removed.
  package static func write(_ content: [UInt8], to path: String) throws(VisionError) {
    var status = stat()
    if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      return try writeInPlace(content, to: path)
    }
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw failure(.cannotWrite, "cannot create", path) }
    do throws(VisionError) {
      defer { close(file) }
      try writeAll(content, to: file, path: path)
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let error = failure(.cannotWrite, "cannot write", path)
      unlink(temporary)
      throw error
    }
  }

  /// Writes to what is neither file nor folder, such as `/dev/null`, whose name must not be taken.
  private static func writeInPlace(_ content: [UInt8], to path: String) throws(VisionError) {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(.cannotWrite, "cannot open", path) }
    defer { close(file) }
    try writeAll(content, to: file, path: path)
  }

  private static func writeAll(_ content: [UInt8], to file: Int32, path: String) throws(VisionError) {
    let complete = content.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let written = Self.write(file, UnsafeRawBufferPointer(rebasing: bytes[done...]))
        if written > 0 { done += written } else if errno != EINTR { return false }
      }
      return true
    }
    guard complete else { throw failure(.cannotWrite, "cannot write", path) }
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
