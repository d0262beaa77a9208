/// What a NIfTI header says, checked; its bytes are kept, so that a result can carry them on.
package struct NiftiHeader: Sendable {
  /// The extents of the axes, the fastest first; 1 to 7 of them.
  package let dimensions: [Int]
  /// The type of the voxels.
  package let datatype: NiftiDatatype
  /// What the stored numbers mean: `stored * slope + intercept`; `nil` where they stand for themselves.
  package let scaling: (slope: Double, intercept: Double)?
  /// Where the voxels begin in their file.
  package let voxelOffset: Int
  /// Whether the voxels lie in a file of their own, beside the header's.
  package let isPair: Bool
  /// Where the voxels lie in space.
  package let geometry: VolumeGeometry
  /// The header as it is stored.
  let fields: NiftiFields

  /// 1 or 2.
  package var version: Int { fields.version }
  /// Whether numbers stand with the most significant byte first.
  package var isBigEndian: Bool { fields.isBigEndian }
  /// Bytes of all voxels; the initializer has checked that they can be counted.
  package var voxelByteCount: Int { dimensions.reduce(1, *) * datatype.byteCount }

  /// Reads the header at the beginning of a file that is not packed.
  ///
  /// `bitpix` is not looked at: `datatype` says the same, and files whose writers forgot it are many.
  ///
  /// - Throws: `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the field, what it holds and what was
  ///   expected.
  package init(of file: [UInt8]) throws(VisionError) {
    guard let fields = NiftiFields(of: file) else { throw Self.notNifti(file) }
    guard fields.bytes.count == fields.expectedByteCount else {
      throw VisionError(
        .damaged,
        "is cut off in its NIfTI-\(fields.version) header: \(fields.bytes.count) of \(fields.expectedByteCount) bytes are there"
      )
    }
    self.fields = fields
    // Some DICOM files have the size of a NIfTI header in the bytes that the format leaves free.
    guard !Self.isDICOM(file) else { throw Self.notNifti(file) }
    isPair = try Self.isPair(fields)
    dimensions = try Self.dimensions(fields)
    let code = fields.integer(.datatype)
    guard let datatype = NiftiDatatype(rawValue: code) else {
      throw VisionError(
        .unsupported,
        "has NIfTI field `datatype` \(code) (\(NiftiDatatype.name(ofUnread: code))), expected one of "
          + NiftiDatatype.allCases.map { "\($0.rawValue) (\($0.name))" }.joined(separator: ", "))
    }
    self.datatype = datatype
    // CIFTI-2 matrices are NIfTI-2 files whose axes are no places in space.
    let intent = fields.integer(.intent)
    guard !(3000..<3100).contains(intent) else {
      throw VisionError(
        .unsupported, "is a CIFTI matrix (NIfTI field `intent_code` \(intent)), expected a volume of voxels")
    }
    guard Self.byteCount(dimensions, datatype) != nil else {
      throw VisionError(
        .tooLarge,
        "has NIfTI field `dim` \(dimensions) of \(datatype.name), more than the limit of"
          + " \(FileContent.largestByteCount) bytes")
    }
    voxelOffset = try Self.voxelOffset(fields, isPair: isPair)
    scaling = try Self.scaling(fields, datatype)
    geometry = VolumeGeometry(fields)
  }

  private static func isPair(_ fields: NiftiFields) throws(VisionError) -> Bool {
    let version = fields.version
    let end: [UInt8] = version == 1 ? [0] : [0, 0x0D, 0x0A, 0x1A, 0x0A]
    let magic = Array(fields.magic)
    if magic == Array("n+\(version)".utf8) + end { return false }
    if magic == Array("ni\(version)".utf8) + end { return true }
    let kind =
      version == 1 && magic.allSatisfy { $0 == 0 }
      ? "is an ANALYZE 7.5 header or damaged" : "is no NIfTI-\(version) file"
    throw VisionError(
      .unknownFormat,
      "\(kind): field `magic` holds \(FileFormat.beginning(of: magic)), expected \"n+\(version)\" or \"ni\(version)\"")
  }

  private static func dimensions(_ fields: NiftiFields) throws(VisionError) -> [Int] {
    let count = fields.integer(.dimensions)
    guard (1...7).contains(count) else { throw wrong("dim[0]", "\(count)", expected: "1 to 7 axes") }
    var extents: [Int] = []
    for axis in 1...count {
      let extent = fields.integer(.dimensions, axis)
      guard extent > 0 else { throw wrong("dim[\(axis)]", "\(extent)", expected: "1 or more") }
      extents.append(extent)
    }
    return extents
  }

  /// The bytes of all voxels, `nil` where they are more than the limit.
  private static func byteCount(_ dimensions: [Int], _ datatype: NiftiDatatype) -> Int? {
    var count = datatype.byteCount
    for extent in dimensions {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard !overflows, product <= FileContent.largestByteCount else { return nil }
      count = product
    }
    return count
  }

  private static func voxelOffset(_ fields: NiftiFields, isPair: Bool) throws(VisionError) -> Int {
    let least = isPair ? 0 : fields.expectedByteCount + 4
    let given = fields.number(.voxelOffset)
    // Writers that leave the field out mean the first place behind the header.
    if given == 0 { return least }
    guard let offset = Int(exactly: given), offset >= least, offset <= FileContent.largestByteCount else {
      throw wrong("vox_offset", "\(given)", expected: "a whole number from \(least) on, within the file")
    }
    return offset
  }

  private static func scaling(
    _ fields: NiftiFields, _ datatype: NiftiDatatype
  ) throws(VisionError) -> (slope: Double, intercept: Double)? {
    let (slope, intercept) = (fields.number(.slope), fields.number(.intercept))
    // Of colours the standard says that the fields do not count; no slope means no scaling.
    guard !datatype.isColor, slope.isFinite, slope != 0 else { return nil }
    guard intercept.isFinite else { throw wrong("scl_inter", "\(intercept)", expected: "a finite number") }
    return slope == 1 && intercept == 0 ? nil : (slope, intercept)
  }

  private static func wrong(_ field: String, _ found: String, expected: String) -> VisionError {
    VisionError(.damaged, "has NIfTI field `\(field)` \(found), expected \(expected)")
  }

  private static func isDICOM(_ file: [UInt8]) -> Bool {
    file.count >= 132 && file[128..<132].elementsEqual("DICM".utf8)
  }

  /// Says what a file is that has no NIfTI header, where that can be seen.
  private static func notNifti(_ file: [UInt8]) -> VisionError {
    let kind: String
    if let format = FileFormat(of: file) {
      kind = "is a \(format.rawValue) file"
    } else if isDICOM(file) {
      kind = "is a DICOM file (convert the series to NIfTI, for instance with dcm2niix)"
    } else if file.starts(with: [0, 0, 0, 1]), file.count >= 284 {
      kind = "looks like a FreeSurfer MGH file (convert it to NIfTI, for instance with mri_convert)"
    } else {
      kind = "begins with \(FileFormat.beginning(of: file))"
    }
    return VisionError(
      .unknownFormat, "is not a NIfTI volume, whose field `sizeof_hdr` holds 348 or 540: it \(kind)")
  }
}
