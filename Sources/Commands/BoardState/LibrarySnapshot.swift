import XRTDPU

/// XRT's library as it lies on the disk, without being opened: opening it runs code that may end the process.
package struct LibrarySnapshot: Sendable {
  /// The file, `nil` where none was found.
  package var path: String?
  /// The version at the end of the file's name, such as `2.13.0`.
  package var version: String?
  /// Whether it is a stand-in for tests.
  package var isFake = false

  /// Nothing found.
  package init() {}

  /// Finds the library.
  ///
  /// - Parameters:
  ///   - given: The library to use instead of searching.
  ///   - xilinxXRT: The value of `XILINX_XRT`.
  init(given: String?, xilinxXRT: String?, in tree: SystemTree) {
    if let given {
      // A given file is this machine's, whatever stands for the board's files.
      path = SystemTree().exists(given) ? given : nil
      isFake = XRTLibrary.looksFake(given.contains("/") ? given : "./" + given)
      version = Self.version(in: SystemTree().resolved(given) ?? given)
      return
    }
    var folders = ["/usr/lib", "/usr/lib64", "/usr/lib/aarch64-linux-gnu", "/usr/lib/x86_64-linux-gnu"]
    folders += ["/usr/local/lib", "/opt/xilinx/xrt/lib"]
    if let xilinxXRT, !xilinxXRT.isEmpty { folders.insert("\(xilinxXRT)/lib", at: 0) }
    guard let found = folders.map({ "\($0)/\(XRTLibrary.name)" }).first(where: { tree.exists($0) }) else { return }
    path = found
    version = Self.version(in: tree.resolved(found) ?? found)
  }

  /// What stands behind `.so.` in the name of a library, if that is more than one number.
  private static func version(in path: String) -> String? {
    guard let name = path.split(separator: "/").last, let mark = name.firstRange(of: ".so.") else { return nil }
    let version = name[mark.upperBound...]
    return version.contains(".") ? String(version) : nil
  }
}
