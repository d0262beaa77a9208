import XRTDPU

/// The way from a process to XRT's driver: module, node, permission.
enum DriverChecks {
  private static let load = "load the DPU overlay ('dpu overlay load BOARD-OR-DIR'); it brings the node"

  /// The kernel module zocl.
  static func module(_ board: BoardSnapshot) -> [Finding] {
    guard board.isModuleLoaded else {
      return [
        Finding(
          .module, .failed,
          "the kernel module zocl is not loaded\(board.kernel.map { " (kernel \($0))" } ?? "")",
          fix:
            "sudo modprobe zocl; where there is none: take PYNQ's, Kria's or AMD's image, Debian's kernels have no zocl"
        )
      ]
    }
    return [Finding(.module, .good, "zocl is loaded\(board.driverVersion.map { ", \($0)" } ?? "")")]
  }

  /// The render node, and the node of the device tree behind it.
  static func node(_ board: BoardSnapshot) -> [Finding] {
    switch board.node {
    case .success(let node):
      return [Finding(.node, .good, "\(node.path), driver \(node.driver)")]
    case .failure(let error):
      var fix = load
      if !board.isModuleLoaded {
        fix = "first the module, see above"
      } else if error.message.contains("by-path") {
        fix = "sudo mkdir -p /dev/dri/by-path (XRT ends the process without that folder)"
      } else if error.message.contains("is udev running") {
        fix = "sudo udevadm trigger"
      }
      let tree = board.hasTreeNode ? "" : "; the device tree has no node zyxclmm_drm (compatible xlnx,zocl)"
      return [Finding(.node, .failed, error.message + tree, fix: fix)]
    }
  }

  /// Whether this user may use the node.
  static func permission(_ board: BoardSnapshot) -> [Finding] {
    switch (board.node, board.usableNode) {
    case (.failure, _): return [Finding(.permission, .skipped, "there is no node")]
    case (.success, .failure(let error)):
      return [
        Finding(
          .permission, .failed, error.message,
          fix:
            "sudo usermod -aG render $USER, then log in again; or XRT's udev rule: KERNEL==\"renderD*\", MODE=\"0666\"")
      ]
    case (.success(let node), .success):
      return [Finding(.permission, .good, "\(node.path) may be read and written (\(board.nodePermissions ?? "?"))")]
    }
  }
}
