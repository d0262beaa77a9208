/// Device-tree overlays by configfs: a folder each, with the attributes `dtbo` and `status`.
///
/// - Source: linux-xlnx drivers/of/configfs.c; mainline kernels have none.
struct DeviceTreeOverlays {
  /// Where overlays are made.
  static let folder = "/sys/kernel/config/device-tree/overlays"
  /// What `status` says of an overlay that is in force.
  static let applied = "applied"

  let files: any BoardFiles

  /// The overlays with their states.
  var all: [(name: String, status: String)] {
    files.list(Self.folder).map { ($0, status($0) ?? "unknown") }
  }

  /// Whether there is an overlay of a name.
  func exists(_ name: String) -> Bool { files.exists("\(Self.folder)/\(name)") }

  /// What the kernel says of an overlay.
  func status(_ name: String) -> String? { files.line("\(Self.folder)/\(name)/status") }

  /// The bytes of an overlay, `nil` where they can't be read.
  func content(_ name: String) -> [UInt8]? { try? files.read("\(Self.folder)/\(name)/dtbo", limit: 16 << 20) }

  /// Applies an overlay; one that the kernel did not take is gone again.
  ///
  /// - Throws: `unavailable` where the kernel takes none, `failed` where it did not take this one.
  func apply(_ name: String, _ blob: [UInt8]) throws(BoardError) {
    guard files.exists(Self.folder) else {
      throw BoardError(
        .unavailable,
        "this kernel takes no device-tree overlays (no \(Self.folder)); mount configfs ('mount -t configfs none /sys/kernel/config') and use a kernel of the board's vendor"
      )
    }
    let place = "\(Self.folder)/\(name)"
    try files.makeFolder(place)
    do throws(BoardError) {
      try files.write(blob, to: "\(place)/dtbo")
      let status = waitForStatus(name)
      guard status == Self.applied else {
        throw BoardError(.failed, "its status is '\(status)', expected '\(Self.applied)'; see 'dmesg' for the reason")
      }
      guard let back = content(name), back == blob else {
        throw BoardError(.failed, "reading the overlay back gives other bytes than were written")
      }
    } catch {
      let remains = removing { () throws(BoardError) in try files.removeFolder(place) }
      throw BoardError(
        error.code, "the kernel did not take the device-tree overlay: \(error.message)\(remains)", path: error.path)
    }
  }

  /// Takes an overlay out of force.
  func remove(_ name: String) throws(BoardError) { try files.removeFolder("\(Self.folder)/\(name)") }

  /// The status once there is one: kernels have it when the write returns, but no document promises it.
  private func waitForStatus(_ name: String) -> String {
    for _ in 0..<200 {
      if let status = status(name), !status.isEmpty { return status }
      SystemFiles.pause(milliseconds: 5)
    }
    return "none"
  }

  private func removing(_ action: () throws(BoardError) -> Void) -> String {
    do throws(BoardError) {
      try action()
      return ""
    } catch {
      return "; and it can't be removed: \(error)"
    }
  }
}
