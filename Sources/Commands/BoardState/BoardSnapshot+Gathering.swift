package import Boards
import Devices
import XModel
import XRTDPU

extension BoardSnapshot {
  /// The attributes of the driver that are kept.
  private static let attributeNames = [
    "xclbinid", "kds_numcus", "kds_custat_raw", "kds_stat", "kds_xrt_version", "kds_interval", "kds_echo",
    "memstat_raw",
    "errors",
  ]
  /// Where device trees have the node of zocl.
  private static let treeNodes = ["/axi/zyxclmm_drm", "/amba/zyxclmm_drm", "/amba_pl@0/zyxclmm_drm", "/zyxclmm_drm"]

  /// Looks at a board.
  ///
  /// - Parameters:
  ///   - catalogue: The boards that are known, `nil` where there is none.
  package init(_ place: BoardPlace, catalogue: BoardCatalogue?) {
    let (tree, files) = (place.tree, place.files)
    root = place.root
    self.catalogue = catalogue?.boards ?? []
    library = LibrarySnapshot(given: place.library, xilinxXRT: Terminal.environment("XILINX_XRT"), in: tree)
    let control = OverlayControl(over: files)
    // What this machine's files say is nothing of a board in a library.
    hasFiles = place.looksAtFiles(isFake: library.isFake)
    if hasFiles {
      board = catalogue?.board(of: files)
      lookAtDriver(tree, place.user)
      lookAtLogic(control, tree)
      room = MemoryRoom(contiguousIn: tree)
      // Nothing that stands for a board draws any power.
      if !library.isFake { readings = (board?.sensors ?? []).map { SensorReading($0, from: files) } }
    }
    lookAtXclbin(control, place)
    openCores(place)
  }

  private mutating func lookAtDriver(_ tree: SystemTree, _ user: RenderNode.User) {
    kernel = tree.line("/proc/sys/kernel/osrelease")
    let modules = tree.text("/proc/modules")?.split(separator: "\n") ?? []
    isModuleLoaded = modules.contains { $0.hasPrefix("zocl ") } || tree.exists("/sys/module/zocl")
    driverVersion = tree.line("/sys/module/zocl/version")
    let folder = "/sys/firmware/devicetree/base"
    hasTreeNode = BoardSnapshot.treeNodes.contains { tree.exists(folder + $0) }
    node = Result { () throws(DeviceError) in
      try RenderNode.find(in: tree, for: RenderNode.User(number: 0, groups: []))
    }
    usableNode = Result { () throws(DeviceError) in try RenderNode.find(in: tree, for: user) }
    interrupts = (tree.text("/proc/interrupts") ?? "").split(separator: "\n").filter { $0.contains("zocl") }.map {
      $0.split(separator: " ").joined(separator: " ")
    }
    lockHolders = tree.processes { $0.hasSuffix("/DPU_0") }
    guard case .success(let node) = node else { return }
    if let found = tree.permissions(node.path) {
      nodePermissions = "\(String(found.mode & 0o777, radix: 8)) \(found.owner):\(found.group)"
    }
    holders = node.holders(in: tree)
    driverVersion = node.driverVersion(in: tree) ?? driverVersion
    for name in BoardSnapshot.attributeNames {
      guard let text = tree.text("\(node.attributes)/\(name)") else { continue }
      attributes[name] = text.split(separator: "\n").joined(separator: "\n")
    }
  }

  private mutating func lookAtLogic(_ control: OverlayControl, _ tree: SystemTree) {
    let status = control.status()
    overlay = status
    machine = status.model
    kernelHint = KernelLog.lastLine(of: tree.root + "/dev/kmsg", with: ["fpga", "zocl"])
  }

  private mutating func lookAtXclbin(_ control: OverlayControl, _ place: BoardPlace) {
    xclbin = Result { () throws(BoardError) in
      let choice = try control.chooseXclbin(option: place.xclbin, environment: place.variable)
      let content = Result { () throws(BoardError) in
        let xclbin = try Xclbin(reading: SystemFiles().read(choice.path, limit: Xclbin.largestByteCount))
        try xclbin.checkForDPU()
        return xclbin
      }
      return ChosenXclbin(choice: choice, content: content)
    }
    guard hasFiles, let content else { return }
    let board = board
    firstJob = Result { () throws(BoardError) in
      try control.checkFirstJob(content, board: board, assumesProgrammed: place.assumesProgrammed)
    }
  }

  private mutating func openCores(_ place: BoardPlace) {
    guard case .success(let chosen) = xclbin, let content else {
      reasonForNotOpening = "there is no usable xclbin"
      return
    }
    guard library.isFake || place.tree.isReal else {
      reasonForNotOpening = "the files are not this machine's"
      return
    }
    if hasFiles {
      if case .failure(let error)? = firstJob {
        reasonForNotOpening = "opening it could crash the kernel: \(error.message)"
        return
      }
      if let loadedUUID, loadedUUID != content.uuid {
        reasonForNotOpening = "zocl holds the xclbin \(loadedUUID), which opening would replace"
        return
      }
    }
    cores = Result { () throws(DeviceError) in
      let bytes: [UInt8]
      do throws(BoardError) { bytes = try SystemFiles().read(chosen.path, limit: Xclbin.largestByteCount) } catch {
        throw DeviceError(.unavailable, error.description)
      }
      let port = try XRTPort(OpenedBoard.configuration(bytes, content, library: place.library, tree: place.tree))
      var cores: [OpenedCore] = []
      for number in 0..<port.coreCount {
        cores.append(
          OpenedCore(
            name: port.coreNames[number], index: port.coreIndices[number],
            fingerprint: try port.fingerprint(ofCore: number), identity: try CoreIdentity(ofCore: number, of: port),
            counters: try port.counters(ofCore: number)))
      }
      return cores
    }
  }
}
