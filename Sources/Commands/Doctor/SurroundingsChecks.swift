import Boards

/// What surrounds the cores: clocks, rails, versions, other users, AMD's configuration.
enum SurroundingsChecks {
  /// The PL's clocks as they are asked for and as they are.
  static func clocks(_ board: BoardSnapshot) -> [Finding] {
    var findings: [Finding] = []
    for clock in board.overlay?.clocks ?? [] {
      let name = clock.stated.index.map { "PL clock \($0)" } ?? "clock \(clock.stated.node)"
      switch (clock.stated.hertz, clock.hertz) {
      case (let stated?, let actual?):
        let isRight = abs(Double(actual) - Double(stated)) <= Double(stated) / 100
        findings.append(
          Finding(
            .clocks, isRight ? .good : .failed,
            "\(name) is \(OverlayReport.megahertz(actual)), asked for \(OverlayReport.megahertz(UInt64(stated)))",
            fix: isRight ? nil : "load the overlay again: dpu overlay load BOARD-OR-DIR"))
      case (let stated?, nil):
        findings.append(
          Finding(
            .clocks, .warning, "\(name): \(OverlayReport.megahertz(UInt64(stated))) asked for, what it is can't be read"
          ))
      default: findings.append(Finding(.clocks, .warning, "\(name): the device tree asks for no frequency"))
      }
    }
    for core in board.openedCores where core.identity.megahertz > 0 {
      let built = Double(core.identity.megahertz)
      let usual = board.board?.dpu.clockMegahertz.value
      let note = usual.map { abs($0 - built) > 1 ? "; usual for this board: \($0.plain) MHz" : "" } ?? ""
      findings.append(
        Finding(
          .clocks, .good, "\(core.name) is built for \(core.identity.megahertz) MHz (register, not measured)\(note)"))
    }
    if findings.isEmpty {
      return [Finding(.clocks, .skipped, "the device tree sets no PL clock (xlnx,fclk), and the cores were not opened")]
    }
    return findings
  }

  /// Power, temperature, and what the board is known not to stand.
  static func rails(_ board: BoardSnapshot) -> [Finding] {
    guard let known = board.board else {
      return [
        Finding(.rails, .skipped, "this machine is none of the boards in the catalogue, so its sensors are not known")
      ]
    }
    let present = board.readings.filter { $0.value != nil }
    var findings: [Finding] = []
    let shown = present.filter { $0.sensor.quantity == .power || $0.sensor.quantity == .temperature }
    if shown.isEmpty {
      findings.append(
        Finding(
          .rails, .warning, "none of the \(known.title)'s sensors is there (/sys/class/hwmon)",
          fix: "the kernel needs the drivers of \(Set(known.sensors.flatMap(\.hwmon)).sorted().joined(separator: ", "))"
        ))
    } else {
      let words = shown.map(\.words).joined(separator: ", ")
      findings.append(
        Finding(
          .rails, .good,
          "\(words). Jobs that time out at random under load point here: watch these values and the clocks meanwhile"))
    }
    for reading in present where reading.sensor.quantity == .temperature && (reading.value ?? 0) >= 85_000 {
      findings.append(
        Finding(
          .rails, .failed, "\(reading.words): commercial parts end at 85 °C, extended and industrial ones at 100 °C",
          fix: "cool the board, or lower the DPU's clock"))
    }
    findings += known.warnings.map { Finding(.rails, .warning, $0.text) }
    return findings
  }

  /// Whether libxrt and zocl fit each other.
  static func versions(_ board: BoardSnapshot) -> [Finding] {
    guard let path = board.library.path else {
      return [
        Finding(
          .versions, .failed, "libxrt_core.so.2 was not found",
          fix: "install the board's XRT (2.7 to 2.17; on arm64 Debian: libxrt1), or name it with --xrt-library")
      ]
    }
    if board.library.isFake {
      return [Finding(.versions, .good, "\(path) is a board in a library: everything here is simulated")]
    }
    let found =
      "\(path), version \(board.library.version ?? "unknown"); zocl \(board.driverVersion ?? "of unknown version")"
    guard let library = numbers(board.library.version) else { return [Finding(.versions, .good, found)] }
    guard library.0 == 2, (7...17).contains(library.1) else {
      return [
        Finding(
          .versions, .failed, "\(found); only XRT 2.7 to 2.17 has what Zynq boards need", fix: "install one of these")
      ]
    }
    if let driver = numbers(board.driverVersion), driver.0 == 2, driver.1 != library.1 {
      return [
        Finding(
          .versions, .warning,
          "\(found): of different releases, which differ in how an xclbin is loaded; zocl may then have no cores",
          fix: "install libxrt and zocl of one release")
      ]
    }
    return [Finding(.versions, .good, found)]
  }

  private static func numbers(_ version: String?) -> (Int, Int)? {
    guard let word = version?.split(separator: " ").last else { return nil }
    let parts = word.split(separator: ".").compactMap { Int($0) }
    return parts.count >= 2 ? (parts[0], parts[1]) : nil
  }

  /// Who else uses the DPU.
  static func users(_ board: BoardSnapshot) -> [Finding] {
    var findings: [Finding] = []
    if !board.holders.isEmpty, case .success(let node) = board.node {
      findings.append(
        Finding(
          .users, .warning, "\(node.path) is used by process \(board.holders.joined(separator: ", "))",
          fix:
            "end it before overlays are loaded, or where a core can't be opened; tools that read register 0 make jobs hang"
        ))
    }
    if !board.lockHolders.isEmpty {
      findings.append(
        Finding(
          .users, .warning,
          "the lock DPU_0 of AMD's runtime is held by process \(board.lockHolders.joined(separator: ", ")): its programs "
            + "wait there without a word; dpu takes no such lock",
          fix: "end that process"))
    }
    if !board.interrupts.isEmpty {
      findings.append(Finding(.users, .good, "interrupts of zocl: \(board.interrupts.joined(separator: "; "))"))
    }
    return findings.isEmpty ? [Finding(.users, .good, "nobody else uses the DPU, as far as can be seen")] : findings
  }

  /// Whether AMD's runtime would take another xclbin.
  static func configuration(_ board: BoardSnapshot) -> [Finding] {
    let file = XclbinChoice.vartConfiguration
    guard case .success(let chosen) = board.xclbin else {
      return [Finding(.configuration, .skipped, "there is no xclbin that \(file) could contradict")]
    }
    guard chosen.choice.source != .option else {
      return [Finding(.configuration, .skipped, "the xclbin was given, so \(file) was not compared")]
    }
    guard !chosen.choice.warnings.isEmpty else {
      return [Finding(.configuration, .good, "\(file) names no other xclbin")]
    }
    return chosen.choice.warnings.map { warning in
      Finding(
        .configuration, .warning,
        "dpu uses \(chosen.path) (\(chosen.origin)), but \(warning). dfx-mgr and PYNQ both write that file; dpu neither "
          + "needs nor writes it",
        fix: "make it name the overlay that is loaded, if programs of AMD's runtime are to run beside dpu")
    }
  }
}
