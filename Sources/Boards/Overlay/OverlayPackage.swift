/// The files of an overlay in a folder: bitstream, xclbin, device-tree overlay.
package struct OverlayPackage: Sendable {
  /// A file that was read.
  package struct File<Content: Sendable>: Sendable {
    /// Where it lies.
    package let path: String
    /// Its bytes.
    package let bytes: [UInt8]
    /// What it holds.
    package let content: Content
  }

  /// The folder.
  package let folder: String
  /// The bitstream.
  package let bitstream: File<Bitstream>
  /// The xclbin.
  package let xclbin: File<Xclbin>
  /// The device-tree overlay and what it sets.
  package let deviceTree: File<OverlaySettings>

  /// The last part of the folder's path.
  package var name: String { String(folder.split(separator: "/").last ?? "") }

  /// Reads a folder with one file of each kind.
  ///
  /// - Parameter deviceTree: The device-tree overlay to take where the folder has none.
  /// - Throws: `unavailable` with what is missing, or what is wrong with a file.
  package init(folder: String, deviceTree: String? = nil) throws(BoardError) {
    self.folder = folder
    xclbin = try Self.xclbin(in: folder)
    let files = SystemFiles()
    guard let treePath = try Self.one(".dtbo", "device-tree overlay", in: folder, files) ?? deviceTree else {
      throw BoardError(
        .unavailable,
        "holds no device-tree overlay (.dtbo), so PL clocks and port widths would stay unknown; compile one: 'dtc -@ -O dtb -o dpu.dtbo board-overlays/BOARD/dpu.dtso'",
        path: folder)
    }
    self.deviceTree = try Self.read(treePath, files) { (bytes) throws(BoardError) in
      try OverlaySettings(of: DeviceTreeBlob.read(bytes))
    }
    bitstream = try Self.readBitstream(folder, files.list(folder), files)
  }

  /// Reads the xclbin of a folder, whatever else is there or missing.
  ///
  /// - Throws: `unavailable` where there is none, or what is wrong with it.
  package static func xclbin(in folder: String) throws(BoardError) -> File<Xclbin> {
    let files = SystemFiles()
    guard files.isFolder(folder) else { throw BoardError(.unavailable, "there is no such folder", path: folder) }
    guard let path = try one(".xclbin", "xclbin", in: folder, files) else {
      throw BoardError(
        .unavailable, "holds no xclbin; put the .xclbin there that was built with the bitstream", path: folder)
    }
    return try read(path, files) { (bytes) throws(BoardError) in try Xclbin(reading: bytes) }
  }

  private static func one(
    _ suffix: String, _ what: String, in folder: String, _ files: SystemFiles
  ) throws(BoardError) -> String? {
    let found = files.list(folder).filter { $0.hasSuffix(suffix) }
    guard found.count <= 1 else {
      throw BoardError(
        .invalid, "holds several \(what)s: \(found.joined(separator: ", ")); leave the one to load", path: folder)
    }
    return found.first.map { "\(folder)/\($0)" }
  }

  private static func readBitstream(
    _ folder: String, _ names: [String], _ files: SystemFiles
  ) throws(BoardError) -> File<Bitstream> {
    let paths = [".bit.bin", ".bin", ".bit"].flatMap { suffix in names.filter { $0.hasSuffix(suffix) } }
      .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.map { "\(folder)/\($0)" }
    var found: File<Bitstream>?
    for path in paths {
      let next = try read(path, files) { (bytes) throws(BoardError) in try Bitstream(reading: bytes) }
      guard let first = found else {
        found = next
        continue
      }
      // A .bit beside the .bin made from it is common; which of two designs is meant can't be guessed.
      guard first.content.imageForKernel() == next.content.imageForKernel() else {
        throw BoardError(
          .invalid, "\(first.path) and \(next.path) are different bitstreams; leave the one to load", path: folder)
      }
      if next.content.header != nil { found = next }
    }
    guard let found else {
      throw BoardError(.unavailable, "holds no bitstream (.bit, .bin or .bit.bin)", path: folder)
    }
    return found
  }

  private static func read<Content>(
    _ path: String, _ files: SystemFiles, _ make: ([UInt8]) throws(BoardError) -> Content
  ) throws(BoardError) -> File<Content> {
    let bytes = try files.read(path, limit: Xclbin.largestByteCount)
    do throws(BoardError) {
      return File(path: path, bytes: bytes, content: try make(bytes))
    } catch {
      throw error.of(path)
    }
  }
}
