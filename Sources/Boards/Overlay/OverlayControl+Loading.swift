#if canImport(Glibc)
  import Glibc
#endif

extension OverlayControl {
  /// What a load came to.
  package struct Loaded: Sendable {
    /// What is in the PL now.
    package let record: OverlayRecord
    /// Its DPU cores by address.
    package let cores: [ComputeUnit]
    /// Whether it was there before, and nothing was done.
    package let wasThere: Bool
    /// What a person should look at.
    package let warnings: [String]
  }

  /// Brings a design into the PL. Either all of it is in force afterwards, or nothing of it is left but what the PL
  /// itself holds, and no record says otherwise.
  ///
  /// The order: nobody uses the render node; the former overlay goes; the PL is programmed; the device-tree overlay
  /// sets clocks and port widths; both are read back; the record is written.
  ///
  /// - Parameters:
  ///   - board: The board that it has to be, `nil` for one that the catalogue does not have.
  ///   - isForced: Whether it is loaded again where it is there.
  /// - Throws: What is missing, refused or failed; everything that was done is taken back before.
  package func load(_ package: OverlayPackage, board: Board?, isForced: Bool = false) throws(BoardError) -> Loaded {
    var warnings = try checkBeforeLoading(package, board)
    if !isForced, case .recorded(let record) = plState(), isSame(record, package) {
      return Loaded(record: record, cores: package.xclbin.content.dpuCores, wasThere: true, warnings: warnings)
    }
    let isManaged = applications.isRunning
    if isManaged { try checkApplication(package) }
    try refuseUsers("loading an overlay")
    let hold = try manager.hold()
    defer { withExtendedLifetime(hold) {} }
    try removeFormer()
    var undo = UndoList()
    do throws(BoardError) {
      let programmer: OverlayRecord.Programmer
      if isManaged {
        programmer = .dfxManager
        undo.add("unload the application") { () throws(BoardError) in
          let loaded = try applications.applications().first { $0.name == package.name && !$0.slots.isEmpty }
          if let loaded { try applications.unload(loaded) }
        }
        try applications.load(package.name)
        try manager.waitUntilOperating()
      } else {
        programmer = try program(package, &undo)
      }
      warnings += try checkAfterLoading(package)
      let record = record(of: package.xclbin, package.folder, board, by: programmer, package)
      undo.add("remove the record") { () throws(BoardError) in try removeIfThere(OverlayRecord.path) }
      try keep(record)
      // The kernel has read it; what is left would only be mistaken for something.
      if programmer != .dfxManager, removeFirmware(package) == false {
        warnings.append("the file \(FPGAManager.firmwareFolder)/\(firmware(of: package)) can't be removed")
      }
      return Loaded(record: record, cores: package.xclbin.content.dpuCores, wasThere: false, warnings: warnings)
    } catch {
      let remains = undo.run()
      throw BoardError(
        error.code, "\(error.message)\(remains.isEmpty ? "; everything was taken back" : "; \(remains)")",
        byteOffset: error.byteOffset, path: error.path)
    }
  }

  /// Writes a record for a design that something else has loaded, on a person's word: all that is needed is the xclbin
  /// that belongs to it, since an image that programs the PL while it boots has its bitstream elsewhere.
  ///
  /// - Throws: `refused` where no design runs, or where ours is loaded.
  package func assume(folder: String, board: Board?) throws(BoardError) -> Loaded {
    let xclbin = try OverlayPackage.xclbin(in: folder)
    try checkForDPU(xclbin)
    try checkMachine(board)
    guard manager.state == FPGAManager.operating else {
      throw BoardError(
        .refused,
        "the PL can't be assumed to be programmed: it is \(plState().words); load the overlay without --assume-programmed"
      )
    }
    let state = plState()
    if case .recorded(let record) = state, record.programmedBy != .assumed {
      throw BoardError(.refused, "there is nothing to assume: the PL is \(state.words); unload that first")
    }
    let hold = try manager.hold()
    defer { withExtendedLifetime(hold) {} }
    let record = record(of: xclbin, folder, board, by: .assumed)
    try keep(record)
    return Loaded(
      record: record, cores: xclbin.content.dpuCores, wasThere: false,
      warnings: ["the PL is assumed to hold this design; nothing was programmed or checked"])
  }

  /// Programs the PL and applies the overlay.
  private func program(_ package: OverlayPackage, _ undo: inout UndoList) throws(BoardError) -> OverlayRecord.Programmer
  {
    let name = firmware(of: package)
    let place = "\(FPGAManager.firmwareFolder)/\(name)"
    let image = package.bitstream.content.imageForKernel()
    // A file of that name that is not ours belongs to somebody.
    if name != OverlayControl.firmwareName, files.exists(place) {
      guard try files.read(place, limit: Xclbin.largestByteCount) == image else {
        throw BoardError(
          .refused, "is there already and holds another bitstream than \(package.bitstream.path); move it away",
          path: place)
      }
    } else {
      undo.add("remove \(place)") { () throws(BoardError) in try removeIfThere(place) }
      try files.write(image, to: place)
    }
    let isByTree = !package.deviceTree.content.firmwareNames.isEmpty
    if !isByTree { try manager.program(name) }
    undo.add("remove the overlay") { () throws(BoardError) in
      if overlays.exists(OverlayControl.overlayName) { try overlays.remove(OverlayControl.overlayName) }
    }
    try overlays.apply(OverlayControl.overlayName, package.deviceTree.bytes)
    try manager.waitUntilOperating()
    return isByTree ? .deviceTree : .fpgaManager
  }

  /// The name below /lib/firmware that the overlay asks for, or our own.
  private func firmware(of package: OverlayPackage) -> String {
    package.deviceTree.content.firmwareNames.first ?? OverlayControl.firmwareName
  }

  private func removeFirmware(_ package: OverlayPackage) -> Bool {
    guard firmware(of: package) == OverlayControl.firmwareName else { return true }
    return (try? removeIfThere("\(FPGAManager.firmwareFolder)/\(OverlayControl.firmwareName)")) != nil
  }

  private func isSame(_ record: OverlayRecord, _ package: OverlayPackage) -> Bool {
    record.bitstream?.sha256 == digest(package.bitstream.bytes) && record.xclbin.sha256 == digest(package.xclbin.bytes)
      && record.deviceTree?.sha256 == digest(package.deviceTree.bytes)
  }

  private func digested<Content>(_ file: OverlayPackage.File<Content>) -> OverlayRecord.File {
    OverlayRecord.File(path: file.path, sha256: digest(file.bytes))
  }

  private func record(
    of xclbin: OverlayPackage.File<Xclbin>, _ folder: String, _ board: Board?, by programmer: OverlayRecord.Programmer,
    _ package: OverlayPackage? = nil
  ) -> OverlayRecord {
    let isOurs = programmer == .fpgaManager || programmer == .deviceTree
    return OverlayRecord(
      schema: OverlayRecord.schema, board: board?.name, folder: folder, programmedBy: programmer,
      bitstream: package.map { digested($0.bitstream) }, xclbin: digested(xclbin),
      xclbinUUID: xclbin.content.uuid.description, deviceTree: package.map { digested($0.deviceTree) },
      overlay: isOurs ? OverlayControl.overlayName : nil,
      overlaysBefore: overlays.all.map(\.name).filter { $0 != OverlayControl.overlayName },
      time: OverlayControl.now(), bootID: bootID)
  }

  private func keep(_ record: OverlayRecord) throws(BoardError) {
    if !files.exists("/run/dpu") { try files.makeFolder("/run/dpu") }
    try files.replace(OverlayRecord.path, with: record.json())
  }

  func removeIfThere(_ path: String) throws(BoardError) {
    if files.exists(path) { try files.removeFile(path) }
  }

  /// Fails where somebody uses the render node.
  func refuseUsers(_ attempt: String) throws(BoardError) {
    let users = users()
    guard users.isEmpty else {
      throw BoardError(
        .refused,
        "\(attempt) would pull the PL from under \(users.map(\.description).joined(separator: ", ")); stop \(users.count == 1 ? "it" : "them") first"
      )
    }
  }

  private static func now() -> String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return
      "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}

/// What takes back the steps that were done, last first.
struct UndoList {
  private var steps: [(words: String, action: () throws(BoardError) -> Void)] = []

  /// Adds a step; the action has to do for a step that was begun and for one that was done.
  mutating func add(_ words: String, _ action: @escaping () throws(BoardError) -> Void) {
    steps.append((words, action))
  }

  /// Takes everything back.
  ///
  /// - Returns: What could not be taken back, empty if all could.
  func run() -> String {
    var failures: [String] = []
    for step in steps.reversed() {
      do throws(BoardError) {
        try step.action()
      } catch {
        failures.append("cannot \(step.words): \(error)")
      }
    }
    return failures.joined(separator: "; ")
  }
}
