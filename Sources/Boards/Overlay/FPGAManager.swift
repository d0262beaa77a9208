/// The kernel's fpga_manager, which programs the PL from a file in /lib/firmware.
///
/// | attribute | holds |
/// |---|---|
/// | `state` | `operating` once a design runs; `unknown`, `power off`, `write`, `write error` and so on before |
/// | `flags` | 0 for a whole PL, 1 for a part; written before `firmware` |
/// | `firmware` | write a name below /lib/firmware: programs the PL, and comes back when that is done |
///
/// - Source: linux-xlnx drivers/fpga/fpga-mgr.c; mainline kernels have `state` only.
struct FPGAManager {
  /// The state in which a design runs.
  static let operating = "operating"
  /// Where the kernel shows it.
  static let folder = "/sys/class/fpga_manager/fpga0"
  /// Where the kernel looks for bitstreams.
  static let firmwareFolder = "/lib/firmware"

  let files: any BoardFiles
  /// How long programming may take.
  let seconds: Int

  /// What the kernel says of the PL, `nil` where there is no fpga_manager.
  var state: String? { files.line("\(FPGAManager.folder)/state") }

  /// Holds the PL against other processes of this program.
  func hold() throws(BoardError) -> FolderHold { try files.hold(Self.folder) }

  /// Programs the whole PL with a file below /lib/firmware and waits until its design runs.
  ///
  /// - Throws: `unavailable` where the kernel can't, `failed` with its state where it didn't.
  func program(_ name: String) throws(BoardError) {
    guard files.exists("\(FPGAManager.folder)/firmware") else {
      throw BoardError(
        .unavailable,
        "this kernel's fpga_manager takes no bitstreams by name (no \(FPGAManager.folder)/firmware); use a kernel of the board's vendor, or a device-tree overlay with firmware-name"
      )
    }
    do throws(BoardError) {
      // Some kernels have no flags: they always replace the whole PL.
      if files.exists("\(FPGAManager.folder)/flags") {
        try files.write(Array("0\n".utf8), to: "\(FPGAManager.folder)/flags")
      }
      try files.write(Array("\(name)\n".utf8), to: "\(FPGAManager.folder)/firmware")
    } catch {
      throw BoardError(
        error.code, "cannot program the PL: \(error); state of fpga_manager: \(state ?? "none")\(Self.hint)")
    }
    try waitUntilOperating()
  }

  /// Waits until a design runs.
  ///
  /// - Throws: `failed` at a state of error, or after the time that programming may take.
  func waitUntilOperating() throws(BoardError) {
    let deadline = SystemFiles.now() + Int64(seconds) * 1000
    while true {
      let state = self.state ?? "none"
      if state == FPGAManager.operating { return }
      guard !state.contains("error"), SystemFiles.now() < deadline else {
        throw BoardError(
          .failed,
          "the PL was not programmed: fpga_manager says '\(state)', expected '\(FPGAManager.operating)'\(Self.hint)")
      }
      SystemFiles.pause(milliseconds: 5)
    }
  }

  private static let hint =
    "; see 'dmesg' for the reason: a bitstream for another part, a .bin whose bytes were turned round twice, or a file missing in \(firmwareFolder)"
}
