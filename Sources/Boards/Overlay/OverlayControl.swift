#if canImport(Glibc)
  import Glibc
#endif

/// Brings designs into the PL of a board and says what is there.
package struct OverlayControl: Sendable {
  /// The name of the overlay that it makes.
  package static let overlayName = "dpu"
  /// The file in /lib/firmware that it makes for the time of loading.
  static let firmwareName = "dpu-overlay.bin"

  /// The board's files.
  let files: any BoardFiles
  /// Where the root of those files lies, empty for the root itself.
  let root: String
  /// Gives the SHA-256 of bytes in hexadecimal digits.
  let digest: @Sendable ([UInt8]) -> String
  /// How long a step of the kernel or of dfx-mgr may take.
  let seconds: Int

  var manager: FPGAManager { FPGAManager(files: files, seconds: seconds) }
  var overlays: DeviceTreeOverlays { DeviceTreeOverlays(files: files) }
  var applications: DFXManager { DFXManager(files: files, seconds: seconds) }

  /// Makes a control.
  ///
  /// - Parameters:
  ///   - files: The board's files.
  ///   - root: Where the root of those files lies for paths that are shown and compared.
  ///   - seconds: How long a step may take; programming a large PL takes about one.
  ///   - digest: The SHA-256, which this module leaves to others.
  package init(
    files: any BoardFiles, root: String = "", seconds: Int = 30, digest: @escaping @Sendable ([UInt8]) -> String
  ) {
    self.files = files
    self.root = root
    self.seconds = seconds
    self.digest = digest
  }

  /// What is known of the design in the PL.
  package func plState() -> PLState {
    guard let state = manager.state else { return .absent }
    guard state == FPGAManager.operating else { return .notProgrammed(state) }
    let reported = reportedApplications()
    var reason = "it was not loaded by 'dpu overlay load'"
    if files.exists(OverlayRecord.path) {
      switch checkedRecord(reported) {
      case .success(let record): return .recorded(record)
      case .failure(let error): reason = error.message
      }
    }
    switch reported {
    case .success(let applications) where applications.isEmpty: return .unknown(reason)
    case .success(let applications):
      return .application(applications.map(\.name).joined(separator: " and "), uuids(of: applications))
    case .failure(let error): return .unknown("\(reason), and dfx-mgr can't be asked: \(error)")
    }
  }

  /// The record, if it still holds.
  private func checkedRecord(
    _ reported: Result<[DFXManager.Application], BoardError>
  ) -> Result<OverlayRecord, BoardError> {
    Result { () throws(BoardError) in
      let record = try OverlayRecord.read(files.read(OverlayRecord.path, limit: 1 << 20))
      guard record.bootID == bootID else {
        throw BoardError(.refused, "the record in \(OverlayRecord.path) is of an earlier boot")
      }
      if record.programmedBy == .dfxManager {
        guard (try? reported.get())?.contains(where: { $0.name == record.applicationName }) == true else {
          throw BoardError(.refused, "dfx-mgr does not say any more that it has loaded \(record.applicationName)")
        }
      } else if let others = try? reported.get(), let other = others.first,
        !uuids(of: others).contains(where: { $0.description == record.xclbinUUID })
      {
        throw BoardError(.refused, "dfx-mgr has loaded \(other.name) since")
      }
      if let name = record.overlay {
        guard overlays.status(name) == DeviceTreeOverlays.applied, let content = overlays.content(name),
          digest(content) == record.deviceTree?.sha256
        else { throw BoardError(.refused, "something else has removed or replaced the overlay '\(name)' since") }
      }
      return record
    }
  }

  /// The applications that dfx-mgr says are loaded, none where it does not run.
  private func reportedApplications() -> Result<[DFXManager.Application], BoardError> {
    guard applications.isRunning else { return .success([]) }
    return Result { () throws(BoardError) in try applications.applications().filter { !$0.slots.isEmpty } }
  }

  /// The UUIDs of the xclbins of applications.
  private func uuids(of loaded: [DFXManager.Application]) -> [XclbinUUID] {
    loaded.flatMap { applications.folders(of: $0.name) }.flatMap { folder in
      files.list(folder).filter { $0.hasSuffix(".xclbin") }.compactMap { name in
        guard let bytes = try? files.read("\(folder)/\(name)", limit: Xclbin.largestByteCount) else { return nil }
        return (try? Xclbin(reading: bytes))?.uuid
      }
    }
  }

  /// The boot that the machine is in.
  var bootID: String { files.line("/proc/sys/kernel/random/boot_id") ?? "unknown" }

  /// What the device tree that the kernel shows says of ports and clocks.
  func liveSettings() throws(BoardError) -> OverlaySettings {
    try OverlaySettings(of: LiveDeviceTree(files: files).root())
  }

  /// The processes that have a render node open, so that loading would pull the PL from under them.
  func users() -> [OverlayStatus.User] {
    processes(of: files).compactMap { process in
      guard process != Int(getpid()) || !root.isEmpty else { return nil }
      let folder = "/proc/\(process)/fd"
      guard files.list(folder).contains(where: { files.link("\(folder)/\($0)")?.contains("/dri/renderD") == true })
      else {
        return nil
      }
      return OverlayStatus.User(process: process, name: files.line("/proc/\(process)/comm") ?? "?")
    }
  }
}

extension OverlayRecord {
  /// The application that dfx-mgr loaded.
  var applicationName: String { String(folder.split(separator: "/").last ?? "") }
}
