/// The class of every voxel of a volume, with the header of the volume that it was made of.
package struct LabelVolume: Sendable {
  /// The labels.
  ///
  /// - Shape: one for each voxel in space, the first axis fastest
  package private(set) var labels: [UInt8]
  /// The extents of the axes in space.
  package let extents: [Int]
  private let source: NiftiHeader

  /// Makes a label map of zeros in the shape of a volume.
  package init(like volume: Volume) {
    labels = [UInt8](repeating: 0, count: volume.voxelCount)
    extents = volume.extents
    source = volume.header
  }

  /// Puts the labels of a slice into their places.
  ///
  /// - Parameter voxels: The slice's voxels, as a plan of slices gives them.
  /// - Precondition: As many labels as voxels.
  package mutating func set(_ voxels: [Int], to map: LabelMap) {
    precondition(voxels.count == map.labels.count, "\(map.labels.count) labels for \(voxels.count) voxels")
    for (voxel, label) in zip(voxels, map.labels) { labels[voxel] = label }
  }

  /// The label map as a single NIfTI file that is not packed.
  ///
  /// The header is the source's, bit by bit, but for: one byte for each voxel (`datatype` 2, `bitpix` 8), no scaling
  /// (`scl_slope` 1, `scl_inter` 0), labels (`intent_code` 1002, no parameters, no name), no range to show (`cal_max`,
  /// `cal_min` 0), the description, and, where the source has more than three axes, those in space alone. Extensions are
  /// not carried on: they may hold a patient's data.
  ///
  /// - Parameter description: What made the labels; at most 79 bytes of it are kept.
  package func encoded(description: String) -> [UInt8] {
    var fields = source.fields
    fields.nameSingleFile()
    fields.set(.datatype, to: Double(NiftiDatatype.uint8.rawValue))
    fields.set(.bitsPerVoxel, to: 8)
    fields.set(.voxelOffset, to: Double(fields.expectedByteCount + 4))
    fields.set(.slope, to: 1)
    fields.set(.intercept, to: 0)
    fields.set(.shownMaximum, to: 0)
    fields.set(.shownMinimum, to: 0)
    fields.set(.intent, to: 1002)
    for index in 0..<3 { fields.set(.intentParameters, index, to: 0) }
    fields.set(.intentName, byteCount: 16, to: "")
    fields.set(.description, byteCount: 80, to: description)
    if source.dimensions.count > 3 {
      fields.set(.dimensions, 0, to: 3)
      for axis in 4...7 { fields.set(.dimensions, axis, to: 1) }
    }
    return fields.bytes + [0, 0, 0, 0] + labels
  }

  /// Writes the label map; a name that ends with `.gz` is packed. The file appears complete or not at all.
  ///
  /// - Throws: `cannotWrite`.
  package func write(to path: String, description: String) throws(VisionError) {
    let content = encoded(description: description)
    try FileContent.write(path.lowercased().hasSuffix(".gz") ? Gzip.pack(content) : content, to: path)
  }
}
