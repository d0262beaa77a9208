extension Volume {
  /// The endings of files that hold volumes, longest first.
  private static let endings = [".nii.gz", ".hdr.gz", ".img.gz", ".nii", ".hdr", ".img"]

  /// Whether a file's name ends as those of volumes do; `.img` does not count, as it is read with its `.hdr`.
  package static func hasKnownExtension(_ path: String) -> Bool {
    ending(of: path).map { !$0.hasPrefix(".img") } ?? false
  }

  /// Whether a file's name ends as those of volumes do, or of volumes in formats that are refused by name.
  package static func isNamedAsVolume(_ path: String) -> Bool {
    let name = path.lowercased()
    return ending(of: path) != nil || [".dcm", ".mgz", ".mgh"].contains { name.hasSuffix($0) }
  }

  /// A path without the ending that volumes have.
  package static func stem(_ path: String) -> String { String(path.dropLast(ending(of: path)?.count ?? 0)) }

  private static func ending(of path: String) -> String? {
    let name = path.lowercased()
    return endings.first { name.hasSuffix($0) }
  }

  /// Reads a volume: `.nii`, or a pair of `.hdr` and `.img`, each packed with gzip or not; the content tells.
  ///
  /// - Throws: `cannotRead`, or as decoding bytes does, naming the file.
  package init(contentsOf path: String) throws(VisionError) {
    let headerPath = try Self.headerPath(path)
    let content = try FileContent.read(headerPath)
    do throws(VisionError) {
      let header = try NiftiHeader(of: Self.beginning(of: content))
      guard header.isPair else {
        try self.init(header, voxelsOf: content)
        return
      }
    } catch {
      throw error.inFile(headerPath)
    }
    let imagePath = try Self.imagePath(of: headerPath)
    do throws(VisionError) {
      try self.init(NiftiHeader(of: Self.beginning(of: content)), voxelsOf: FileContent.read(imagePath))
    } catch {
      throw error.inFile(imagePath)
    }
  }

  /// Decodes the content of a file of volumes.
  ///
  /// - Parameter image: The content of the file of voxels, where the header is in a file of its own.
  /// - Throws: `unknownFormat`, `damaged`, `unsupported`, `tooLarge`.
  package init(decoding content: [UInt8], image: [UInt8]? = nil) throws(VisionError) {
    let header = try NiftiHeader(of: Self.beginning(of: content))
    guard header.isPair == (image != nil) else {
      throw VisionError(
        .mismatch,
        "is a NIfTI \(header.isPair ? "header without its file of voxels" : "file that holds its own voxels")")
    }
    try self.init(header, voxelsOf: image ?? content)
  }

  /// The bytes that can hold a header, unpacked where they are packed.
  private static func beginning(of file: [UInt8]) throws(VisionError) -> [UInt8] {
    guard Gzip.isPacked(file) else { return Array(file.prefix(540)) }
    return try Gzip.unpack(file, keeping: 540, stopsEarly: true).bytes
  }

  private init(_ header: NiftiHeader, voxelsOf file: [UInt8]) throws(VisionError) {
    let (start, count) = (header.voxelOffset, header.voxelByteCount)
    var voxels: [UInt8]
    let found: Int
    if Gzip.isPacked(file) {
      let content = try Gzip.unpack(file, keeping: start + count)
      found = content.byteCount
      voxels = Array(content.bytes.dropFirst(start))
    } else {
      found = file.count
      voxels = Array(file.dropFirst(start).prefix(count))
    }
    guard voxels.count == count else {
      throw VisionError(
        .damaged,
        "is cut off: NIfTI fields `dim` \(header.dimensions), `datatype` \(header.datatype.rawValue) "
          + "(\(header.datatype.name)) and `vox_offset` \(start) ask for \(start + count) bytes, found \(found)")
    }
    if header.isBigEndian { Self.swapBytes(&voxels, elementByteCount: header.datatype.element.byteCount) }
    self.init(header: header, bytes: voxels, trailingByteCount: found - start - count)
  }

  /// The file with the header, where the one with the voxels was named.
  private static func headerPath(_ path: String) throws(VisionError) -> String {
    guard let ending = ending(of: path), ending.hasPrefix(".img") else { return path }
    let candidates = [".hdr", ".hdr.gz"].map { stem(path) + $0 }
    guard let found = candidates.first(where: FileContent.exists) else {
      throw VisionError(
        .cannotRead, "holds voxels without a header: there is neither \(candidates[0]) nor \(candidates[1])", path: path
      )
    }
    return found
  }

  private static func imagePath(of headerPath: String) throws(VisionError) -> String {
    let candidates = [".img", ".img.gz"].map { stem(headerPath) + $0 }
    guard let found = candidates.first(where: FileContent.exists) else {
      throw VisionError(
        .cannotRead, "is the header of a pair, and there is neither \(candidates[0]) nor \(candidates[1])",
        path: headerPath)
    }
    return found
  }

  private static func swapBytes(_ bytes: inout [UInt8], elementByteCount: Int) {
    guard elementByteCount > 1 else { return }
    bytes.withUnsafeMutableBufferPointer { bytes in
      for start in stride(from: 0, to: bytes.count, by: elementByteCount) {
        for byte in 0..<elementByteCount / 2 { bytes.swapAt(start + byte, start + elementByteCount - 1 - byte) }
      }
    }
  }
}
