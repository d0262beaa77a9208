#if canImport(Glibc)
  import Glibc
#endif

/// A file mapped read-only into memory for as long as something refers to it.
package final class MappedFile: Sendable {
  // @unchecked: the pages are mapped read-only and unmapped only in deinit.
  private nonisolated(unsafe) let base: UnsafeRawPointer?
  /// The path as it was given.
  package let path: String
  /// Bytes of the file.
  package let count: Int

  /// Maps a file.
  ///
  /// - Throws: `.inputOutput` when the file can't be opened, is not a regular file or can't be mapped.
  package init(path: String) throws(XModelError) {
    func failure(_ action: String) -> XModelError {
      XModelError(.inputOutput, "cannot \(action): \(String(cString: strerror(errno)))", path: path)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open the file") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("read the file's size") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw XModelError(.inputOutput, "is not a regular file; give the path of an .xmodel file", path: path)
    }
    let size = Int(status.st_size)
    if size > 0 {
      guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
        throw failure("map \(size) bytes of the file")
      }
      base = UnsafeRawPointer(memory)
    } else {
      base = nil
    }
    self.path = path
    count = size
  }

  deinit {
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), count) }
  }

  /// Gives all bytes to a closure; the pointer must not leave it.
  package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }
}
