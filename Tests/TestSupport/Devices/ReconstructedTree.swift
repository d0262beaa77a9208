package import Foundation

/// A folder of files as the kernel of a board shows them; put together from zocl's sources, not recorded on a board.
package final class ReconstructedTree {
  /// The folder that stands for `/`.
  package let folder: URL

  private let isOwn: Bool

  /// Makes an empty folder, which goes when this goes.
  package init() throws {
    isOwn = true
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("dpu-tree-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Takes a folder that is there and stays.
  package init(folder: URL) {
    isOwn = false
    self.folder = folder
  }

  deinit { if isOwn { try? FileManager.default.removeItem(at: folder) } }

  /// Writes a file and the folders above it.
  package func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: place(of: path))
  }

  /// Makes a symbolic link.
  package func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: place(of: path).path, withDestinationPath: target)
  }

  /// Adds a render node with its driver, as zocl or another driver makes it.
  package func addRenderNode(
    _ name: String = "renderD128", driver: String = "zocl-drm", mode: Int = 0o666, hasFile: Bool = true,
    hasFolder: Bool = true
  ) throws {
    try link("/sys/class/drm/\(name)/device/driver", to: "../../../../bus/platform/drivers/\(driver)")
    if hasFile {
      try write("", to: "/dev/dri/\(name)")
      try FileManager.default.setAttributes(
        [.posixPermissions: mode], ofItemAtPath: folder.appendingPathComponent("/dev/dri/\(name)").path)
    }
    let device = driver.hasPrefix("zocl") ? "axi:zyxclmm_drm" : "\(driver).gpu"
    if hasFolder { try link("/dev/dri/by-path/platform-\(device)-render", to: "../\(name)") }
  }

  private func place(of path: String) throws -> URL {
    let file = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    return file
  }
}
