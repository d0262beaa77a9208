import Devices
import Foundation
import TestSupport
import Testing
import XRTDPU

/// What is found of a board before XRT is touched, and what is said where something is missing.
struct RenderNodeTests {
  /// A user who is neither the owner nor in the group of the tests' files.
  private let stranger = RenderNode.User(number: 4_000_000, groups: [4_000_001])

  @Test("zocl's node is found among others")
  func found() throws {
    let tree = try ReconstructedTree()
    try tree.addRenderNode("renderD128", driver: "panfrost")
    try tree.addRenderNode("renderD129")
    let node = try RenderNode.find(in: tree.tree, for: stranger)
    #expect(node.name == "renderD129")
    #expect(node.driver == "zocl-drm")
    #expect(node.path == "/dev/dri/renderD129")
    #expect(node.driverVersion(in: tree.tree) == nil)
  }

  private func message(_ tree: ReconstructedTree) -> String {
    let error = thrownError(DeviceError.self) { try RenderNode.find(in: tree.tree, for: stranger) }
    #expect(error?.code == .unavailable)
    return error?.message ?? ""
  }

  @Test("without a node, the module and the other nodes are named, and what to use instead")
  func absent() throws {
    let tree = try ReconstructedTree()
    #expect(
      message(tree)
        == "no board here: there is no render node, and the kernel module zocl is not loaded: it comes with PYNQ's, "
        + "Kria's and AMD's kernels, not with Debian's; on other machines use --device software or --device simulated")
    try tree.addRenderNode(driver: "i915")
    #expect(
      message(tree).contains("no board here: renderD128 belongs to i915, and the kernel module zocl is not loaded"))
    try tree.write("xrt_dummy 1 0\nzocl 188416 0 - Live 0x0\n", to: "/proc/modules")
    #expect(message(tree).contains("zocl is loaded but has no device: the device tree needs the node zyxclmm_drm"))
  }

  @Test("a node without its file, without permission, or without the folder that XRT needs is named")
  func unusable() throws {
    let fileless = try ReconstructedTree()
    try fileless.addRenderNode(hasFile: false)
    #expect(
      message(fileless)
        == "zocl has the render node renderD128, but there is no file /dev/dri/renderD128: is udev running?")

    let closed = try ReconstructedTree()
    try closed.addRenderNode(mode: 0o660)
    #expect(message(closed).hasPrefix("no permission to use /dev/dri/renderD128: its mode is 660, its owner "))
    #expect(
      message(closed).contains("you are user 4000000; become a member of that group (usually: sudo usermod -aG render"))

    let exclusive = try ReconstructedTree()
    try exclusive.addRenderNode(mode: 0o640)
    #expect(message(exclusive).contains("its mode is 640, its owner "))
    #expect(message(exclusive).contains("that group may not use it either: sudo chmod 666 /dev/dri/renderD128, which"))

    let folderless = try ReconstructedTree()
    try folderless.addRenderNode(hasFolder: false)
    #expect(message(folderless).hasPrefix("there is no folder /dev/dri/by-path, without which XRT ends the process"))
  }

  @Test(
    "owner, group and others each need both permissions",
    arguments: [
      (0o600, true, false, false), (0o060, false, true, false), (0o006, false, false, true),
      (0o444, false, false, false),
      (0o666, true, true, true),
    ])
  func permissions(mode: Int, owner: Bool, group: Bool, others: Bool) throws {
    let tree = try ReconstructedTree()
    try tree.addRenderNode(mode: mode)
    let file = try #require(tree.tree.permissions("/dev/dri/renderD128"))
    func isAllowed(_ number: UInt32, _ groups: [UInt32]) -> Bool {
      (try? RenderNode.find(in: tree.tree, for: .init(number: number, groups: groups))) != nil
    }
    // The superuser may do everything, and often runs the tests.
    if file.owner != 0 { #expect(isAllowed(file.owner, []) == owner) }
    #expect(isAllowed(4_000_000, [file.group]) == group)
    #expect(isAllowed(4_000_000, [4_000_001]) == others)
    #expect(isAllowed(0, []))
  }

  @Test("the processes that hold the node are named")
  func holders() throws {
    let tree = try ReconstructedTree()
    try tree.addRenderNode()
    try tree.link("/proc/77/fd/5", to: "/dev/dri/renderD128")
    try tree.write("python3\n", to: "/proc/77/comm")
    try tree.link("/proc/78/fd/5", to: "/dev/null")
    try tree.write("", to: "/proc/self/comm")
    #expect(try RenderNode.find(in: tree.tree).holders(in: tree.tree) == ["77 (python3)"])
  }

  @Test(
    "contiguous memory is read in bytes, and unknown where the kernel does not tell",
    arguments: [
      ("MemTotal: 1 kB\nCmaTotal:  524288 kB\nCmaFree:   1 kB\n", [536_870_912, 1024]), ("MemTotal: 1 kB\n", nil),
      ("CmaTotal:  0 kB\nCmaFree:   0 kB\n", nil), ("CmaTotal: what\nCmaFree: 3 kB\n", nil), ("", nil),
      ("CmaTotal: 9223372036854775807 kB\nCmaFree: 3 kB\n", nil),
    ])
  func contiguousMemory(text: String, expected: [Int]?) throws {
    let tree = try ReconstructedTree()
    try tree.write(text, to: "/proc/meminfo")
    let room = MemoryRoom(contiguousIn: tree.tree)
    #expect(room.map { [$0.totalByteCount, $0.freeByteCount] } == expected)
  }
}
