extension OverlayControl {
  /// Takes out what was loaded: the device-tree overlay, or dfx-mgr's application. The PL itself keeps its design,
  /// which from then on counts as unknown.
  ///
  /// - Returns: What was taken out, in words.
  /// - Throws: `unavailable` where nothing of ours is there, `refused` where somebody uses it.
  package func unload() throws(BoardError) -> String {
    let state = plState()
    guard overlays.exists(OverlayControl.overlayName) || files.exists(OverlayRecord.path) else {
      throw BoardError(
        .unavailable,
        "there is nothing to unload: no overlay was loaded by 'dpu overlay load'; the PL is \(state.words)")
    }
    try refuseUsers("unloading the overlay")
    let hold = try manager.hold()
    defer { withExtendedLifetime(hold) {} }
    return try removeFormer() ?? "the record of an overlay that is not there any more"
  }

  /// Takes out what an earlier load left, whether it ended well or not.
  ///
  /// - Returns: What was taken out in words, `nil` if there was nothing.
  @discardableResult func removeFormer() throws(BoardError) -> String? {
    var removed: String?
    let record = try? OverlayRecord.read(files.read(OverlayRecord.path, limit: 1 << 20))
    if let record, record.bootID == bootID, record.overlay != nil {
      let later = overlays.all.map(\.name).filter { !record.overlaysBefore.contains($0) && $0 != record.overlay }
      guard later.isEmpty else {
        throw BoardError(
          .refused,
          "overlays go in reverse order, and \(later.joined(separator: ", ")) came after ours; remove first: 'rmdir \(DeviceTreeOverlays.folder)/\(later[0])'"
        )
      }
    }
    // First the record, so that a power cut in between leaves an unknown PL and not a wrong record.
    try removeIfThere(OverlayRecord.path)
    if overlays.exists(OverlayControl.overlayName) {
      try overlays.remove(OverlayControl.overlayName)
      removed = "the device-tree overlay '\(OverlayControl.overlayName)'"
    }
    if let record, record.programmedBy == .dfxManager, applications.isRunning,
      let loaded = try applications.applications().first(where: {
        $0.name == record.applicationName && !$0.slots.isEmpty
      })
    {
      try applications.unload(loaded)
      removed = "dfx-mgr's application \(loaded.name)"
    }
    return removed
  }
}
