import CXRT
package import Devices
import Glibc

/// The file through which programs reach the driver zocl, found without opening it.
///
/// | what | where |
/// |---|---|
/// | the node's name | `/sys/class/drm/renderD*` |
/// | its driver | the link `device/driver` there: `zocl-drm` |
/// | the node | `/dev/dri/renderD*`, readable and writable |
/// | the folder that XRT needs | `/dev/dri/by-path`: without it XRT throws where nobody catches |
///
/// - Source: zocl's `zocl_drv.c`, XRT's edge shim; what XRT does without the folder was seen with Debian's arm64 build.
package struct RenderNode: Equatable, Sendable {
  /// The node's name, such as `renderD128`.
  package let name: String
  /// The driver as sysfs names it.
  package let driver: String

  /// The node's file.
  package var path: String { "/dev/dri/\(name)" }
  /// The folder of the device's attributes.
  package var attributes: String { "/sys/class/drm/\(name)/device" }

  /// The user who wants to use a node.
  package struct User: Sendable {
    /// The number of the user.
    package var number: UInt32
    /// The numbers of the user's groups.
    package var groups: [UInt32]

    /// Makes a user.
    package init(number: UInt32, groups: [UInt32]) {
      self.number = number
      self.groups = groups
    }

    /// The user of this process.
    package static var current: User {
      var groups = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
      let count = getgroups(Int32(groups.count), &groups)
      return User(number: geteuid(), groups: groups.prefix(Int(max(0, count))) + [getegid()])
    }
  }

  /// Finds the node of a board.
  ///
  /// - Throws: `.unavailable` with the first of these that is missing: module, device, node, permission, folder.
  package static func find(in tree: SystemTree, for user: User = .current) throws(DeviceError) -> RenderNode {
    let nodes = nodes(in: tree)
    guard let node = nodes.first(where: { $0.driver.hasPrefix("zocl") }) else { throw absence(nodes, tree) }
    guard let permissions = tree.permissions(node.path) else {
      throw DeviceError(
        .unavailable, "zocl has the render node \(node.name), but there is no file \(node.path): is udev running?")
    }
    guard isAllowed(user, permissions) else {
      let mode = String(permissions.mode & 0o777, radix: 8)
      throw DeviceError(
        .unavailable,
        "no permission to use \(node.path): its mode is \(mode), its owner \(permissions.owner), its group "
          + "\(permissions.group), you are user \(user.number); "
          + (permissions.mode & 0o060 == 0o060
            ? "become a member of that group (usually: sudo usermod -aG render $USER, then log in again)"
            : "that group may not use it either: sudo chmod 666 \(node.path), which XRT's own udev rule does at each start")
      )
    }
    guard tree.exists("/dev/dri/by-path") else {
      throw DeviceError(
        .unavailable,
        "there is no folder /dev/dri/by-path, without which XRT ends the process; udev makes it (sudo udevadm trigger), "
          + "and sudo mkdir /dev/dri/by-path is enough")
    }
    return node
  }

  /// Whether a driver of boards has a node here, usable or not.
  package static func isPresent(in tree: SystemTree) -> Bool {
    nodes(in: tree).contains { $0.driver.hasPrefix("zocl") }
  }

  private static func nodes(in tree: SystemTree) -> [RenderNode] {
    tree.names(in: "/sys/class/drm").filter { $0.hasPrefix("renderD") }.map { name in
      let driver = tree.link("/sys/class/drm/\(name)/device/driver")?.split(separator: "/").last
      return RenderNode(name: name, driver: driver.map(String.init) ?? "")
    }
  }

  /// The driver's name and version, `nil` for a tree that is not the machine's own, and without libdrm.
  package func driverVersion(in tree: SystemTree) -> String? {
    var version = cxrt_driver_version()
    guard tree.isReal, cxrt_read_driver_version(path, &version) == CXRT_OK else { return nil }
    let name = withUnsafePointer(to: &version.name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 64) { String(cString: $0) }
    }
    return "\(name) \(version.major).\(version.minor).\(version.patch)"
  }

  /// The processes that have the node open, by number and name, as far as this user may see them.
  package func holders(in tree: SystemTree) -> [String] {
    tree.processes { $0 == path }
  }

  private static func absence(_ nodes: [RenderNode], _ tree: SystemTree) -> DeviceError {
    let isLoaded = tree.text("/proc/modules")?.split(separator: "\n").contains { $0.hasPrefix("zocl ") } ?? false
    let others = nodes.map { "\($0.name) belongs to \($0.driver.isEmpty ? "no driver" : $0.driver)" }
    let found = others.isEmpty ? "there is no render node" : others.joined(separator: ", ")
    return DeviceError(
      .unavailable,
      "no board here: \(found), and "
        + (isLoaded
          ? "the kernel module zocl is loaded but has no device: the device tree needs the node zyxclmm_drm"
          : "the kernel module zocl is not loaded: it comes with PYNQ's, Kria's and AMD's kernels, not with Debian's")
        + "; on other machines use --device software or --device simulated")
  }

  private static func isAllowed(
    _ user: User, _ permissions: (mode: UInt32, owner: UInt32, group: UInt32)
  ) -> Bool {
    if user.number == 0 { return true }
    if user.number == permissions.owner { return permissions.mode & 0o600 == 0o600 }
    if user.groups.contains(permissions.group) { return permissions.mode & 0o060 == 0o060 }
    return permissions.mode & 0o006 == 0o006
  }
}
