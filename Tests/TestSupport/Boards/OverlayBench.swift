package import Boards
package import Foundation
import Tensors

/// A board's tree, an overlay's folder, and a control over both.
package struct OverlayBench {
  package let kernel: KernelDouble
  package let control: OverlayControl
  package let folder: URL

  /// The repository's catalogue.
  package static let catalogueFolder = Repository.root.appendingPathComponent("board-overlays").path

  /// Makes both in a folder that is gone afterwards, and gives them to a closure.
  ///
  /// - Parameter seconds: How long a program or the kernel may take; short only where the time is to run out.
  package static func with<R>(seconds: Int = 30, _ body: (OverlayBench) throws -> R) throws -> R {
    try TemporaryFolder.with { scratch in
      let kernel = try KernelDouble(root: scratch.appendingPathComponent("root"))
      let folder = scratch.appendingPathComponent("overlay")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let control = OverlayControl(files: kernel, root: kernel.root, seconds: seconds) { bytes in
        bytes.withUnsafeBytes { SHA256.hexDigest(of: $0) }
      }
      let bench = OverlayBench(kernel: kernel, control: control, folder: folder)
      try bench.put()
      return try body(bench)
    }
  }

  /// The xclbin of two cores as prj_config of DPU-PYNQ's ZCU104 connects them.
  package static func xclbin(uuid: UInt8 = 0x10, tag: (String) -> String = { $0 }) throws -> Xclbin {
    let tags = ["HPC0", "HP0", "HP1", "HP2", "HP3"]
    let bank = { (tag: String) in tags.firstIndex(of: tag) ?? 0 }
    let connections = [(0, "HPC0"), (0, "HP0"), (0, "HP1"), (1, "HPC0"), (1, "HP2"), (1, "HP3")].map {
      BankConnection(argument: 3, computeUnit: $0.0, bank: bank($0.1))
    }
    return try Xclbin(
      uuid: XclbinUUID((0..<16).map { uuid &+ $0 }),
      sections: [
        .memoryTopology(tags.map { MemoryBank(tag($0), kibibytes: 0x20_0000) }),
        .ipLayout([
          ComputeUnit("DPUCZDX8G:DPUCZDX8G_1", at: 0x8004_0000, interrupt: 1),
          ComputeUnit("DPUCZDX8G:DPUCZDX8G_2", at: 0x8005_0000, interrupt: 0),
        ]),
        .connectivity(connections),
      ])
  }

  /// Fills the overlay's folder.
  package func put(
    bitstream: [UInt8] = SampleBitstreams.bit(), uuid: UInt8 = 0x10, tree: DeviceTreeNode = SampleOverlays.overlay(),
    in folder: URL? = nil
  ) throws {
    let folder = folder ?? self.folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let name = folder.lastPathComponent
    try Data(bitstream).write(to: folder.appendingPathComponent("\(name).bit"))
    try Data(Self.xclbin(uuid: uuid).serialized()).write(to: folder.appendingPathComponent("\(name).xclbin"))
    try Data(tree.blob()).write(to: folder.appendingPathComponent("\(name).dtbo"))
  }

  /// The overlay's folder as it is now.
  package func package() throws -> OverlayPackage { try OverlayPackage(folder: folder.path) }

  /// The catalogue's board.
  package func board(_ name: String = "zcu104") throws -> Board {
    guard let board = try BoardCatalogue(folder: OverlayBench.catalogueFolder).board(named: name) else {
      throw BoardError(.unavailable, "no board \(name)")
    }
    return board
  }

  /// Loads the folder.
  @discardableResult package func load(isForced: Bool = false) throws -> OverlayControl.Loaded {
    try control.load(package(), board: board(), isForced: isForced)
  }

  /// What an overlay that was half loaded would leave.
  package var leftovers: [String] {
    kernel.list("/sys/kernel/config/device-tree/overlays") + kernel.list("/run/dpu")
      + kernel.list("/lib/firmware").filter { $0 != "xilinx" } + kernel.list("/sys/firmware/devicetree/base/fpga-full")
  }

  /// Whether a first job with this xclbin would be allowed, and if not, why.
  package func refusal(uuid: UInt8 = 0x10, assumesProgrammed: Bool = false) throws -> String? {
    let xclbin = try Self.xclbin(uuid: uuid)
    let board = try board()
    return thrownError(BoardError.self) {
      try control.checkFirstJob(xclbin, board: board, assumesProgrammed: assumesProgrammed)
    }?.message
  }
}
