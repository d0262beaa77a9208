extension OverlayControl {
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

  /// What a user is told who has no other way.
  private static let advice = "load the overlay that belongs to it: 'dpu overlay load BOARD-OR-DIR'"

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
    let (isVouched, warnings) = try checkDesign(xclbin, assumesProgrammed)
    return warnings + (try checkWidths(xclbin, board, isVouched: isVouched))
  }

  /// Checks that the PL holds the design that an xclbin belongs to.
  ///
  /// - Returns: Whether only a person's word says so, and warnings.
  private func checkDesign(
    _ xclbin: Xclbin, _ assumesProgrammed: Bool
  ) throws(BoardError) -> (isVouched: Bool, warnings: [String]) {
    let state = plState()
    func different(_ found: String) -> BoardError {
      BoardError(
        .refused, "the xclbin \(xclbin.uuid) does not belong to the design in the PL, \(found); \(Self.advice)")
    }
    switch state {
    case .absent: throw BoardError(.unavailable, "no DPU can run here: \(state.words)")
    case .notProgrammed: throw BoardError(.refused, "the PL is \(state.words); \(Self.advice)")
    case .recorded(let record):
      guard record.xclbinUUID == xclbin.uuid.description else {
        throw different("which was loaded with \(record.xclbinUUID)")
      }
      guard record.programmedBy == .assumed else { return (assumesProgrammed, []) }
      return (true, ["the PL is \(state.words)"])
    case .application(let name, let uuids):
      guard uuids.contains(xclbin.uuid) else {
        let theirs = uuids.isEmpty ? "no xclbin" : uuids.map(\.description).joined(separator: ", ")
        throw different("dfx-mgr's application \(name) with \(theirs)")
      }
      return (assumesProgrammed, [])
    case .unknown:
      guard assumesProgrammed else {
        throw BoardError(
          .refused,
          "the PL is \(state.words); \(Self.advice), or say --assume-programmed if you know that it holds this design")
      }
      return (true, ["the PL is \(state.words); it is assumed to hold the design of xclbin \(xclbin.uuid)"])
    }
  }

  /// Checks the widths that the kernel's device tree sets for the ports that an xclbin's cores use.
  ///
  /// - Returns: Warnings.
  private func checkWidths(_ xclbin: Xclbin, _ board: Board?, isVouched: Bool) throws(BoardError) -> [String] {
    let problems = widthProblems(try liveSettings().widths, xclbin, board)
    if let wrong = problems.wrong.first { throw BoardError(.refused, "\(wrong); \(Self.advice)") }
    if let unknown = problems.unknown.first, !isVouched {
      throw BoardError(
        .refused, "\(unknown); \(Self.advice), or say --assume-programmed if you know that it is right")
    }
    let unknownBoard = "no catalogue knows this board, so port widths can't be compared with what its designs need"
    return problems.unknown.prefix(1) + (board == nil ? [unknownBoard] : [])
  }
}
