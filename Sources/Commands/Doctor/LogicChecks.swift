import Boards

/// What the PL holds, and whether it is what the xclbin and the driver say.
enum LogicChecks {
  private static let load = "dpu overlay load BOARD-OR-DIR"

  /// The design in the PL.
  static func logic(_ board: BoardSnapshot) -> [Finding] {
    guard let state = board.overlay?.pl else { return [Finding(.logic, .skipped, "not looked at")] }
    let hint = board.kernelHint.map { "; the kernel's last words: \($0)" } ?? ""
    switch state {
    case .absent:
      return [
        Finding(.logic, .failed, state.words, fix: "use a Zynq UltraScale+ board with its vendor's kernel")
      ]
    case .notProgrammed(let word):
      let cause =
        word.contains("error")
        ? "; the bitstream is for another part, its .bin was byte-swapped twice, or the file is not in /lib/firmware"
        : ""
      return [Finding(.logic, .failed, "the PL is \(state.words)\(cause)\(hint)", fix: load)]
    case .unknown:
      return [
        Finding(
          .logic, .failed,
          "the PL is \(state.words); an xclbin over another design crashes the kernel (zocl reads a register that is not "
            + "there), so no job is started",
          fix: "\(load); or --assume-programmed there if you know that the PL holds the design of the xclbin")
      ]
    case .recorded, .application:
      return [Finding(.logic, .good, "the PL is \(state.words)")]
    }
  }

  /// The xclbin, beside what the PL and the driver hold.
  static func xclbin(_ board: BoardSnapshot) -> [Finding] {
    let chosen: BoardSnapshot.ChosenXclbin
    switch board.xclbin {
    case .failure(let error):
      return [Finding(.xclbin, .failed, error.description, fix: "name the overlay's xclbin with --xclbin, or \(load)")]
    case .success(let found): chosen = found
    }
    let content: Xclbin
    switch chosen.content {
    case .failure(let error):
      return [
        Finding(
          .xclbin, .failed, "\(error.of(chosen.path)) (\(chosen.origin))",
          fix: "take the xclbin that was built together with the bitstream")
      ]
    case .success(let found): content = found
    }
    let cores = content.dpuCores.map { "\($0.fullName) at 0x\(String($0.baseAddress, radix: 16))" }
    let words = "\(chosen.path) (\(chosen.origin)), UUID \(content.uuid), \(cores.joined(separator: ", "))"
    var findings: [Finding] = []
    switch board.firstJob {
    case .failure(let error): findings.append(Finding(.xclbin, .failed, "\(words); \(error.message)", fix: load))
    case .success(let warnings):
      findings.append(Finding(.xclbin, .good, words))
      findings += warnings.map { Finding(.xclbin, .warning, $0) }
    case nil: findings.append(Finding(.xclbin, .good, words))
    }
    if let loaded = board.loadedUUID {
      findings.append(
        loaded == content.uuid
          ? Finding(
            .xclbin, .good,
            "zocl holds this xclbin already: loading it again changes nothing; to start afresh, load the overlay anew")
          : Finding(
            .xclbin, .warning, "zocl holds another xclbin, \(loaded); it is replaced at the first job",
            fix: "end what uses it first, and see that the PL holds the design of \(content.uuid)"))
    }
    return findings
  }

  /// The cores of the xclbin, as the driver knows them.
  static func cores(_ board: BoardSnapshot) -> [Finding] {
    var findings: [Finding] = []
    let listed = board.listedCores
    if board.attributes["kds_echo"] == "1" {
      findings.append(
        Finding(
          .cores, .failed, "zocl is in echo mode (kds_echo): commands end without touching a core, results are garbage",
          fix: "echo 0 | sudo tee /sys/class/drm/renderD*/device/kds_echo"))
    }
    if let content = board.content, board.loadedUUID == content.uuid, board.attributes["kds_custat_raw"] != nil {
      let missing = content.dpuCores.map(\.fullName).filter { name in !listed.contains { $0.name == name } }
      if !missing.isEmpty {
        let versions =
          "libxrt \(board.library.version ?? "of unknown version"), zocl \(board.driverVersion ?? "of unknown version")"
        let known = listed.isEmpty ? "it knows none" : "it knows " + listed.map(\.name).joined(separator: ", ")
        findings.append(
          Finding(
            .cores, .failed,
            "zocl has no core \(missing.joined(separator: ", ")), \(known); \(versions)",
            fix: "load the overlay again; install libxrt and zocl of one release"))
      }
    }
    switch board.cores {
    case .failure(let error)?: findings.append(Finding(.cores, .failed, error.message, fix: fix(of: error.message)))
    case .success(let cores)?:
      for core in cores {
        let address = listed.first { $0.index == core.index }.map { " at \($0.address)" } ?? ""
        findings.append(
          Finding(
            .cores, .good,
            "\(core.name), CU index \(core.index)\(address): \(core.identity.kind) IP \(core.identity.version), "
              + "last job: \(core.counters)"))
      }
    case nil:
      if findings.isEmpty {
        let names = listed.map { "\($0.name), CU index \($0.index), at \($0.address)" }
        let known = names.isEmpty ? "" : "; zocl lists \(names.joined(separator: "; "))"
        findings.append(
          Finding(.cores, .skipped, "not opened: \(board.reasonForNotOpening ?? "not asked for")\(known)"))
      }
    }
    return findings
  }

  private static func fix(of message: String) -> String {
    if message.contains("another process") { return "end the process that is named, or wait for it" }
    if message.contains("has no core") { return "load the overlay again; install libxrt and zocl of one release" }
    if message.contains("has no function") || message.contains("library") {
      return "install the board's own XRT (2.7 to 2.17), or name its library with --xrt-library"
    }
    return "close every program that uses the DPU, and load the overlay again"
  }
}
