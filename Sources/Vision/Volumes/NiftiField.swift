/// Where the fields of a NIfTI header lie, and how their bytes are read and written.
///
/// | field | NIfTI-1 (348 bytes) | NIfTI-2 (540 bytes) |
/// |---|---|---|
/// | `sizeof_hdr` | 0, int32: 348 | 0, int32: 540 |
/// | `magic` | 344: `n+1`, or `ni1` where the voxels lie in another file | 4: `n+2` or `ni2`, then `00 0D 0A 1A 0A` |
/// | `dim` | 40, 8 x int16: the number of axes, then their extents | 16, 8 x int64 |
/// | `datatype`, `bitpix` | 70, 72, int16 | 12, 14, int16 |
/// | `pixdim` | 76, 8 x float32: the sign of the third axis, then the steps of each | 104, 8 x float64 |
/// | `vox_offset` | 108, float32 | 168, int64 |
/// | `scl_slope`, `scl_inter` | 112, 116, float32: value = stored * slope + inter, unless the slope is 0 | 176, 184, float64 |
/// | `cal_max`, `cal_min` | 124, 128, float32: what to show as white and black | 192, 200, float64 |
/// | `qform_code`, `sform_code` | 252, 254, int16: 0 says that the rotation, or the matrix, is not given | 344, 348, int32 |
/// | `quatern_b`, `_c`, `_d` | 256, 3 x float32 | 352, 3 x float64 |
/// | `qoffset_x`, `_y`, `_z` | 268, 3 x float32 | 376, 3 x float64 |
/// | `srow_x`, `_y`, `_z` | 280, 12 x float32 | 400, 12 x float64 |
/// | `xyzt_units` | 123, int8 | 500, int32 |
/// | `intent_code` | 68, int16 | 504, int32 |
/// | `intent_p1` to `_p3` | 56, 3 x float32 | 80, 3 x float64 |
/// | `intent_name` | 328, 16 bytes | 508, 16 bytes |
/// | `descrip` | 148, 80 bytes | 240, 80 bytes |
///
/// Behind the header stand four bytes, the first of which is not 0 where extensions follow, then those, then from
/// `vox_offset` on the voxels, the first axis fastest. All numbers have one byte order, which `sizeof_hdr` shows.
///
/// - Source: nifti1.h and nifti2.h of the NIfTI committee.
struct NiftiField {
  /// How a number is stored.
  enum Kind {
    case int8, int16, int32, int64, float32, float64

    var byteCount: Int {
      switch self {
      case .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .int64, .float64: 8
      }
    }
  }

  /// The field's name in the standard.
  let name: String
  let one: (offset: Int, kind: Kind)
  let two: (offset: Int, kind: Kind)

  private init(_ name: String, _ one: (Int, Kind), _ two: (Int, Kind)) {
    self.name = name
    self.one = one
    self.two = two
  }

  static let headerByteCount = NiftiField("sizeof_hdr", (0, .int32), (0, .int32))
  static let dimensions = NiftiField("dim", (40, .int16), (16, .int64))
  static let datatype = NiftiField("datatype", (70, .int16), (12, .int16))
  static let bitsPerVoxel = NiftiField("bitpix", (72, .int16), (14, .int16))
  static let steps = NiftiField("pixdim", (76, .float32), (104, .float64))
  static let voxelOffset = NiftiField("vox_offset", (108, .float32), (168, .int64))
  static let slope = NiftiField("scl_slope", (112, .float32), (176, .float64))
  static let intercept = NiftiField("scl_inter", (116, .float32), (184, .float64))
  static let shownMaximum = NiftiField("cal_max", (124, .float32), (192, .float64))
  static let shownMinimum = NiftiField("cal_min", (128, .float32), (200, .float64))
  static let rotationCode = NiftiField("qform_code", (252, .int16), (344, .int32))
  static let matrixCode = NiftiField("sform_code", (254, .int16), (348, .int32))
  static let rotation = NiftiField("quatern", (256, .float32), (352, .float64))
  static let rotationOffset = NiftiField("qoffset", (268, .float32), (376, .float64))
  static let matrix = NiftiField("srow", (280, .float32), (400, .float64))
  static let units = NiftiField("xyzt_units", (123, .int8), (500, .int32))
  static let intent = NiftiField("intent_code", (68, .int16), (504, .int32))
  static let intentParameters = NiftiField("intent_p", (56, .float32), (80, .float64))
  static let intentName = NiftiField("intent_name", (328, .int8), (508, .int8))
  static let description = NiftiField("descrip", (148, .int8), (240, .int8))
}

/// The bytes of a header, and its fields by name.
struct NiftiFields {
  /// 1 or 2.
  let version: Int
  let isBigEndian: Bool
  /// The header as it is stored, 348 or 540 bytes.
  private(set) var bytes: [UInt8]

  /// Takes the header at the beginning of a file, `nil` where its first field is no header's size.
  init?(of file: [UInt8]) {
    guard file.count >= 4 else { return nil }
    switch (file[0], file[1], file[2], file[3]) {
    case (0x5C, 0x01, 0, 0): (version, isBigEndian) = (1, false)
    case (0, 0, 0x01, 0x5C): (version, isBigEndian) = (1, true)
    case (0x1C, 0x02, 0, 0): (version, isBigEndian) = (2, false)
    case (0, 0, 0x02, 0x1C): (version, isBigEndian) = (2, true)
    default: return nil
    }
    bytes = Array(file.prefix(version == 1 ? 348 : 540))
  }

  /// Bytes of a header of this version.
  var expectedByteCount: Int { version == 1 ? 348 : 540 }

  /// The four or eight bytes that name the format.
  var magic: ArraySlice<UInt8> { version == 1 ? bytes[344..<348] : bytes[4..<12] }

  /// A whole number; of a field with several, one of them.
  func integer(_ field: NiftiField, _ index: Int = 0) -> Int {
    let (offset, kind) = place(field, index)
    let bits = bits(offset, kind)
    switch kind {
    case .int8: return Int(Int8(truncatingIfNeeded: bits))
    case .int16: return Int(Int16(truncatingIfNeeded: bits))
    case .int32: return Int(Int32(truncatingIfNeeded: bits))
    case .int64: return Int(Int64(bitPattern: bits))
    case .float32, .float64: preconditionFailure("\(field.name) is no whole number")
    }
  }

  /// A number; of a field with several, one of them.
  func number(_ field: NiftiField, _ index: Int = 0) -> Double {
    let (offset, kind) = place(field, index)
    switch kind {
    case .float32: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits(offset, kind))))
    case .float64: return Double(bitPattern: bits(offset, kind))
    default: return Double(integer(field, index))
    }
  }

  /// Replaces a number; of a field with several, one of them.
  ///
  /// - Precondition: A number of this field's kind.
  mutating func set(_ field: NiftiField, _ index: Int = 0, to value: Double) {
    let (offset, kind) = place(field, index)
    let bits: UInt64 =
      switch kind {
      case .float32: UInt64(Float(value).bitPattern)
      case .float64: value.bitPattern
      default: UInt64(bitPattern: Int64(value))
      }
    for byte in 0..<kind.byteCount {
      let shift = 8 * (isBigEndian ? kind.byteCount - 1 - byte : byte)
      bytes[offset + byte] = UInt8(truncatingIfNeeded: bits >> UInt64(shift))
    }
  }

  /// Replaces a text, filled up with zeros; one zero stands at its end in any case.
  mutating func set(_ field: NiftiField, byteCount: Int, to text: String) {
    let start = place(field, 0).offset
    let characters = Array(text.utf8.prefix(byteCount - 1))
    for index in 0..<byteCount { bytes[start + index] = index < characters.count ? characters[index] : 0 }
  }

  /// Says that the voxels follow in the same file.
  mutating func nameSingleFile() {
    let start = version == 1 ? 344 : 4
    for (index, byte) in "n+\(version)".utf8.enumerated() { bytes[start + index] = byte }
  }

  private func place(_ field: NiftiField, _ index: Int) -> (offset: Int, kind: NiftiField.Kind) {
    let (offset, kind) = version == 1 ? field.one : field.two
    return (offset + index * kind.byteCount, kind)
  }

  private func bits(_ offset: Int, _ kind: NiftiField.Kind) -> UInt64 {
    let part = bytes[offset..<offset + kind.byteCount]
    return (isBigEndian ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
