/// Everything that is known of the PL, the drivers round it and who uses them.
package struct OverlayStatus: Sendable {
  /// A process with a render node open.
  package struct User: Equatable, Sendable, CustomStringConvertible {
    /// Its number.
    package let process: Int
    /// Its name.
    package let name: String

    /// Name and number.
    package var description: String { "\(name) (\(process))" }
  }

  /// A clock of the PL: what the device tree asks for and what the kernel says that it is.
  package struct Clock: Equatable, Sendable {
    /// What the device tree says.
    package let stated: OverlaySettings.Clock
    /// What the clock's driver measures out, in Hz; `nil` where there is no driver for it.
    package let hertz: UInt64?
  }

  /// What the board calls itself, `nil` where there is no device tree.
  package let model: String?
  /// What is known of the PL.
  package let pl: PLState
  /// The device-tree overlays and their states.
  package let overlays: [(name: String, status: String)]
  /// The widths of ports that the device tree sets, empty where it sets none.
  package let widths: [AXIPort: AXIPortWidth]
  /// Why the widths can't be told, `nil` where nothing is wrong.
  package let widthsProblem: String?
  /// The clocks of the PL.
  package let clocks: [Clock]
  /// Whether XRT's driver is loaded.
  package let hasZocl: Bool
  /// The UUID that XRT's driver has loaded, `nil` where none.
  package let loadedUUID: XclbinUUID?
  /// Whether dfx-mgr runs.
  package let hasDFXManager: Bool
  /// Who uses a render node.
  package let users: [User]
}

extension OverlayControl {
  /// Looks at everything.
  package func status() -> OverlayStatus {
    var settings: OverlaySettings?
    var problem: String?
    do throws(BoardError) {
      settings = try liveSettings()
    } catch {
      problem = error.description
    }
    return OverlayStatus(
      model: LiveDeviceTree(files: files).model, pl: plState(), overlays: overlays.all, widths: settings?.widths ?? [:],
      widthsProblem: problem,
      clocks: (settings?.clocks ?? []).map { OverlayStatus.Clock(stated: $0, hertz: actualHertz($0)) },
      hasZocl: files.exists("/sys/module/zocl"), loadedUUID: loadedUUID(), hasDFXManager: applications.isRunning,
      users: users())
  }

  /// The frequency of a clock as its driver has it.
  ///
  /// - Source: linux-xlnx drivers/staging/fclk/xilinx_fclk.c: reading `set_rate` gives the rate in Hz.
  func actualHertz(_ clock: OverlaySettings.Clock) -> UInt64? {
    let drivers = "/sys/bus/platform/drivers/xilinx_fclk"
    let device = files.list(drivers).first { $0 == clock.node || $0.hasSuffix(":\(clock.node)") }
    return device.flatMap { files.line("\(drivers)/\($0)/set_rate") }.flatMap { UInt64($0) }
  }

  /// The UUID that zocl shows for the first render node of its own.
  private func loadedUUID() -> XclbinUUID? {
    for node in files.list("/sys/class/drm") where node.hasPrefix("renderD") {
      if let text = files.line("/sys/class/drm/\(node)/device/xclbinid"), let uuid = XclbinUUID(text), !uuid.isZero {
        return uuid
      }
    }
    return nil
  }
}
