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
      + (board == nil ? ["no catalogue knows this board, so part and port widths can't be compared with its own"] : [])
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
}
