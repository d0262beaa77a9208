#if canImport(Glibc)
  import Glibc
#endif

/// The files below a folder, which on a board is the root.
package struct SystemFiles: BoardFiles {
  /// The folder, empty for the root itself.
  package let root: String

  /// Takes the folder that stands for the root.
  package init(root: String = "/") {
    var root = root[...]
    while root.last == "/" { root.removeLast() }
    self.root = String(root)
  }

  /// Reads a whole file.
  package func read(_ path: String, limit: Int) throws(BoardError) -> [UInt8] {
    // Opening a pipe waits for who writes into it, and some devices never end.
    let file = open(root + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure("open", path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure("look at", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw BoardError(.inputOutput, "is a folder, a pipe or a device; give a file", path: root + path)
    }
    var content: [UInt8] = []
    while true {
      var failed = false
      let chunk = [UInt8](unsafeUninitializedCapacity: min(1 << 20, max(4096, limit - content.count + 1))) {
        buffer, count in
        let got = Glibc.read(file, buffer.baseAddress, buffer.count)
        (count, failed) = (max(0, got), got < 0)
      }
      guard !failed else { throw failure("read", path) }
      if chunk.isEmpty { return content }
      if content.isEmpty { content = chunk } else { content += chunk }
      guard content.count <= limit else {
        throw BoardError(.inputOutput, "is larger than \(limit) bytes", path: root + path)
      }
    }
  }

  /// Writes a file in one call.
  package func write(_ bytes: [UInt8], to path: String) throws(BoardError) {
    // Attributes of the kernel are there already; O_CREAT would be refused for them by some file systems.
    let isThere = exists(path)
    let file = open(root + path, O_WRONLY | O_CLOEXEC | O_TRUNC | (isThere ? 0 : O_CREAT | O_EXCL), 0o644)
    guard file >= 0 else { throw failure(isThere ? "open for writing" : "make", path) }
    defer { close(file) }
    let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    guard written == bytes.count else {
      if written >= 0 {
        throw BoardError(.inputOutput, "took \(written) of \(bytes.count) bytes in one write", path: root + path)
      }
      throw failure("write", path)
    }
  }

  /// Writes a file so that readers see the old content or the new.
  package func replace(_ path: String, with bytes: [UInt8]) throws(BoardError) {
    let temporary = "\(path).\(getpid()).tmp"
    try write(bytes, to: temporary)
    guard rename(root + temporary, root + path) == 0 else {
      let error = failure("write", path)
      unlink(root + temporary)
      throw error
    }
  }

  /// The names in a folder.
  package func list(_ path: String) -> [String] {
    guard let folder = opendir(root + path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          String(cString: $0)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether there is a file or a folder.
  package func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// Whether there is a folder.
  package func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(root + path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Where a symbolic link points.
  package func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(root + path, &buffer, buffer.count)
    let target = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    return target.isEmpty ? nil : String(decoding: target, as: UTF8.self)
  }

  /// Makes a folder.
  package func makeFolder(_ path: String) throws(BoardError) {
    guard mkdir(root + path, 0o755) == 0 else { throw failure("make the folder", path) }
  }

  /// Removes a folder.
  package func removeFolder(_ path: String) throws(BoardError) {
    guard rmdir(root + path) == 0 else { throw failure("remove the folder", path) }
  }

  /// Removes a file.
  package func removeFile(_ path: String) throws(BoardError) {
    guard unlink(root + path) == 0 else { throw failure("remove", path) }
  }

  /// Holds a folder against others who do the same.
  package func hold(_ path: String) throws(BoardError) -> FolderHold { try FolderHold(root + path) }

  /// The error of the system's last call.
  func failure(_ attempt: String, _ path: String) -> BoardError {
    let reason = errno
    let words = "cannot \(attempt): \(String(cString: strerror(reason)))"
    switch reason {
    case ENOENT, ENODEV, ENOTDIR, ENXIO: return BoardError(.unavailable, words, path: root + path)
    case EACCES, EPERM: return BoardError(.noPermission, "\(words); run as root", path: root + path)
    default: return BoardError(.inputOutput, words, path: root + path)
    }
  }
}
