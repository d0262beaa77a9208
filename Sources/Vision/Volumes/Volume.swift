/// A NIfTI volume in memory: its header, and its voxels as they are stored.
package struct Volume: Sendable {
  /// What the header says.
  package let header: NiftiHeader
  /// The voxels, the first axis fastest, brought to little endian.
  let bytes: [UInt8]
  /// Bytes in the file behind the last voxel.
  package let trailingByteCount: Int

  init(header: NiftiHeader, bytes: [UInt8], trailingByteCount: Int) {
    precondition(bytes.count == header.voxelByteCount, "\(bytes.count) bytes of voxels for \(header.dimensions)")
    self.header = header
    self.bytes = bytes
    self.trailingByteCount = trailingByteCount
  }

  /// The extents of the three axes in space; 1 for one that the file does not have.
  package var extents: [Int] { (0..<3).map { $0 < header.dimensions.count ? header.dimensions[$0] : 1 } }

  /// Voxels of one channel.
  package var voxelCount: Int { extents.reduce(1, *) }

  /// The numbers at each place in space: colours, or the volumes along the fourth axis and those behind it.
  package var channelCount: Int { header.dimensions.dropFirst(3).reduce(1, *) * header.datatype.componentCount }

  /// Where the voxels lie in space.
  package var geometry: VolumeGeometry { header.geometry }

  /// The type, byte order and extents for a message.
  package var summary: String {
    let order = header.isBigEndian && header.datatype.element.byteCount > 1 ? ", big endian" : ""
    return "NIfTI-\(header.version), \(header.datatype.name)\(order), "
      + header.dimensions.map(String.init).joined(separator: "x")
  }

  /// Checks that another volume has the same extents in space and lies at the same place.
  ///
  /// - Parameters:
  ///   - path: The file of this volume.
  ///   - other: The volume to agree with.
  ///   - otherPath: Its file.
  /// - Throws: `mismatch` naming the file, both extents or both matrices.
  package func checkGeometry(
    path: String, agreesWith other: Volume, of otherPath: String
  ) throws(VisionError) {
    guard extents == other.extents else {
      throw VisionError(
        .mismatch,
        "has NIfTI field `dim` \(Self.text(extents)), expected \(Self.text(other.extents)) as in \(otherPath)",
        path: path)
    }
    let difference = geometry.difference(from: other.geometry)
    guard difference <= Self.largestDifference else {
      throw VisionError(
        .mismatch,
        "lies elsewhere: its matrix, from \(geometry.source.rawValue), is \(geometry.text), expected "
          + "\(other.geometry.text) as in \(otherPath), from \(other.geometry.source.rawValue); the greatest difference"
          + " is \(Float(difference)), allowed is \(Float(Self.largestDifference))",
        path: path)
    }
  }

  /// By how much the elements of two matrices may differ: what single precision and a rotation in between leave open.
  ///
  /// - Units: mm
  static let largestDifference = 1e-4

  private static func text(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: "x") }
}
