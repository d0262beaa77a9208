import Glibc

/// The files through which the kernel tells of its devices, below a root that tests put elsewhere.
package struct SystemTree: Sendable {
  /// The folder that stands for `/`.
  package let root: String

  /// Makes a tree.
  package init(root: String = "/") { self.root = root.hasSuffix("/") ? String(root.dropLast()) : root }

  /// Whether this is the machine's own tree.
  package var isReal: Bool { root.isEmpty }

  /// The first line of a file without its end, `nil` where it can't be read.
  package func line(_ path: String) -> String? { text(path)?.split(separator: "\n").first.map(String.init) }

  /// A file as text, `nil` where it can't be read.
  package func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

  /// Whether a path leads to something.
  package func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// The names in a folder in their order, none where there is no folder.
  package func names(in path: String) -> [String] {
    guard let folder = opendir(root + path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The processes that have a file open, by number and name, as far as this user may see them; not this one.
  package func processes(with isMeant: (String) -> Bool) -> [String] {
    names(in: "/proc").compactMap { process in
      guard Int(process) != nil, process != String(getpid()) else { return nil }
      let folder = "/proc/\(process)/fd"
      guard names(in: folder).contains(where: { link("\(folder)/\($0)").map(isMeant) ?? false }) else { return nil }
      return "\(process) (\(line("/proc/\(process)/comm") ?? "?"))"
    }
  }

  /// Where a symbolic link points, as it is written, `nil` where there is none.
  package func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink(root + path, &buffer, Int(PATH_MAX))
    return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A path with all links followed, `nil` where it leads nowhere.
  package func resolved(_ path: String) -> String? {
    guard let found = realpath(root + path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  /// The permissions, owner and group of a file, `nil` where there is none.
  package func permissions(_ path: String) -> (mode: UInt32, owner: UInt32, group: UInt32)? {
    var information = stat()
    guard stat(root + path, &information) == 0 else { return nil }
    return (information.st_mode, information.st_uid, information.st_gid)
  }

  /// The bytes of a file, `nil` where it can't be read.
  func bytes(_ path: String) -> [UInt8]? {
    let file = open(root + path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    // Files of the kernel say no size: they are read until nothing comes.
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(file, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }
}
