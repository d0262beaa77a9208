extension OverlayControl {
  /// Checks everything that can be known before anything is changed.
  ///
  /// - Returns: Warnings.
  func checkBeforeLoading(_ package: OverlayPackage, _ board: Board?) throws(BoardError) -> [String] {
    guard manager.state != nil else {
      throw BoardError(
        .unavailable,
        "there is no PL to load an overlay into (no \(FPGAManager.folder)): not a Zynq UltraScale+ board, or a kernel without fpga_manager"
      )
    }
    try checkForDPU(package.xclbin)
    try checkMachine(board)
    try checkPart(board, package)
    guard !package.bitstream.content.isPartial else {
      throw BoardError(
        .invalid, "replaces a part of the PL only; DPU overlays need the whole bitstream", path: package.bitstream.path)
    }
    let names = package.deviceTree.content.firmwareNames
    guard names.count <= 1, names.allSatisfy({ !$0.contains("..") && !$0.hasPrefix("/") && !$0.isEmpty }) else {
      throw BoardError(
        .invalid, "names the bitstreams \(names.joined(separator: ", ")); expected one name below /lib/firmware",
        path: package.deviceTree.path)
    }
    let problems = widthProblems(package.deviceTree.content.widths, package.xclbin.content, board)
    if let wrong = problems.wrong.first ?? problems.unknown.first {
      throw BoardError(.refused, "\(wrong); mend the device-tree overlay", path: package.deviceTree.path)
    }
    return (board?.warnings ?? []).map(\.text)
      + (board == nil ? ["this board is not in the catalogue: part, widths and clocks can't be compared with it"] : [])
  }

  /// Says whether an xclbin could be used for a DPU.
  func checkForDPU(_ xclbin: OverlayPackage.File<Xclbin>) throws(BoardError) {
    do throws(BoardError) {
      try xclbin.content.checkForDPU()
    } catch {
      throw error.of(xclbin.path)
    }
  }

  /// Checks that the machine is the board.
  func checkMachine(_ board: Board?) throws(BoardError) {
    guard let board else { return }
    let tree = LiveDeviceTree(files: files)
    guard board.isDescribed(by: tree) else {
      throw BoardError(
        .refused,
        "the overlay is for the \(board.title), but this machine is '\(tree.model ?? "without a device tree")' (compatible: \(tree.compatible.joined(separator: ", "))); name the board that it is"
      )
    }
  }

  /// Checks that the bitstream is for the board's part, where it says for which it is.
  private func checkPart(_ board: Board?, _ package: OverlayPackage) throws(BoardError) {
    guard let board, let part = package.bitstream.content.header?.part else { return }
    guard part.lowercased().hasPrefix(board.part.value.lowercased()) else {
      throw BoardError(
        .refused, "is for the part \(part), but the \(board.title) has \(board.part.value)",
        path: package.bitstream.path)
    }
  }

  /// Checks that dfx-mgr can load a folder.
  func checkApplication(_ package: OverlayPackage) throws(BoardError) {
    guard package.folder == "\(root)\(DFXManager.folder)/\(package.name)" else {
      throw BoardError(
        .refused,
        "dfx-mgr runs here and programs the PL; put the folder to \(DFXManager.folder)/\(package.name) (with a shell.json) and load it from there, or stop dfx-mgr",
        path: package.folder)
    }
    let all = try applications.applications()
    guard all.contains(where: { $0.name == package.name }) else {
      throw BoardError(
        .refused, "dfx-mgr does not list it; it needs shell.json, .bit.bin, .dtbo and .xclbin named after the folder",
        path: package.folder)
    }
    if let other = all.first(where: { !$0.slots.isEmpty && $0.name != package.name }), !isOurs(other) {
      throw BoardError(
        .refused,
        "dfx-mgr has \(other.name) loaded; unload it first: 'xmutil unloadapp' or 'dfx-mgr-client -remove \(other.slots[0])'"
      )
    }
  }

  private func isOurs(_ application: DFXManager.Application) -> Bool {
    if case .recorded(let record) = plState() { return record.applicationName == application.name }
    return false
  }

  /// Reads widths and clocks back from the kernel.
  ///
  /// - Returns: Warnings.
  func checkAfterLoading(_ package: OverlayPackage) throws(BoardError) -> [String] {
    let live = try liveSettings()
    for (port, width) in package.deviceTree.content.widths.sorted(by: { $0.key < $1.key }) {
      guard live.widths[port] == width else {
        throw BoardError(
          .failed,
          "the overlay sets \(port.rawValue) to \(width), but the kernel's device tree says \(live.widths[port]?.description ?? "nothing")"
        )
      }
    }
    var warnings: [String] = []
    for clock in package.deviceTree.content.clocks {
      guard let stated = clock.hertz else { continue }
      guard let actual = actualHertz(clock) else {
        warnings.append("the clock \(clock.node) can't be read back: the kernel has no driver for xlnx,fclk")
        continue
      }
      // Dividers hit a wish within a part in a thousand; another wish is off by more than one in a hundred.
      guard abs(Double(actual) - Double(stated)) <= Double(stated) / 100 else {
        throw BoardError(
          .failed, "the overlay asks for \(stated) Hz on \(clock.node), but the kernel has set \(actual) Hz")
      }
    }
    return warnings
  }

  /// The ports that an xclbin's DPU cores use, by the tags of their banks and the addresses of their registers; all of
  /// the board's where its tags are no ports, as in files that PYNQ makes (`PSDDR`).
  static func ports(of xclbin: Xclbin, _ board: Board?) -> [AXIPort] {
    var ports: Set<AXIPort> = []
    var isTagged = false
    for (index, unit) in xclbin.computeUnits.enumerated() where unit.isDPU {
      if let port = AXIPort(registersAt: unit.baseAddress) { ports.insert(port) }
      for connection in xclbin.connections where connection.computeUnit == index {
        if let port = AXIPort(bankTag: xclbin.memoryBanks[connection.bank].tag) {
          ports.insert(port)
          isTagged = true
        }
      }
    }
    return isTagged ? ports.sorted() : ports.union((board?.axiPorts ?? []).map(\.port)).sorted()
  }

  /// What is wrong with widths for the ports that an xclbin uses.
  func widthProblems(
    _ widths: [AXIPort: AXIPortWidth], _ xclbin: Xclbin, _ board: Board?
  ) -> (wrong: [String], unknown: [String]) {
    var wrong: [String] = []
    var unknown: [String] = []
    for port in OverlayControl.ports(of: xclbin, board) {
      guard let width = widths[port], width.read > 0, width.write > 0 else {
        unknown.append(
          "the width of port \(port.rawValue), which a DPU core uses, is not set by any xlnx,afi-fpga node")
        continue
      }
      if let expected = board?.axiPorts.first(where: { $0.port == port }), width != expected.width {
        wrong.append("port \(port.rawValue) is set to \(width), but the design needs \(expected.width)")
      }
    }
    return (wrong, unknown)
  }

  /// Says whether an xclbin may be given to XRT and a first job be started, which hang or crash boards where the PL
  /// holds another design or ports have other widths.
  ///
  /// - Parameters:
  ///   - board: The board, `nil` for one that the catalogue does not have.
  ///   - assumesProgrammed: Whether a person vouches for a PL of which nothing is known.
  /// - Returns: Warnings.
  /// - Throws: `refused` or `unavailable` with the line that helps.
  package func checkFirstJob(
    _ xclbin: Xclbin, board: Board?, assumesProgrammed: Bool = false
  ) throws(BoardError) -> [String] {
    try xclbin.checkForDPU()
    var warnings: [String] = []
    var vouched = assumesProgrammed
    let state = plState()
    let advice = "load the overlay that belongs to it: 'dpu overlay load BOARD-OR-DIR'"
    func different(_ found: String) -> BoardError {
      BoardError(.refused, "the xclbin \(xclbin.uuid) does not belong to the design in the PL, \(found); \(advice)")
    }
    switch state {
    case .absent: throw BoardError(.unavailable, "no DPU can run here: \(state.words)")
    case .notProgrammed: throw BoardError(.refused, "the PL is \(state.words); \(advice)")
    case .recorded(let record):
      guard record.xclbinUUID == xclbin.uuid.description else {
        throw different("which was loaded with \(record.xclbinUUID)")
      }
      if record.programmedBy == .assumed {
        vouched = true
        warnings.append("the PL is \(state.words)")
      }
    case .application(let name, let uuids):
      guard uuids.contains(xclbin.uuid) else {
        let theirs = uuids.isEmpty ? "no xclbin" : uuids.map(\.description).joined(separator: ", ")
        throw different("dfx-mgr's application \(name) with \(theirs)")
      }
    case .unknown:
      guard assumesProgrammed else {
        throw BoardError(
          .refused,
          "the PL is \(state.words); \(advice), or say --assume-programmed if you know that it holds this design")
      }
      warnings.append("the PL is \(state.words); it is assumed to hold the design of xclbin \(xclbin.uuid)")
    }
    let problems = widthProblems(try liveSettings().widths, xclbin, board)
    if let wrong = problems.wrong.first { throw BoardError(.refused, "\(wrong); \(advice)") }
    if let unknown = problems.unknown.first {
      guard vouched else { throw BoardError(.refused, "\(unknown); \(advice)") }
      warnings.append(unknown)
    }
    return warnings
  }
}
