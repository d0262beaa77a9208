/// The type of a NIfTI volume's voxels; the raw values are the codes of the field `datatype`.
///
/// - Source: nifti1.h, NIFTI1_DATATYPES.
package enum NiftiDatatype: Int, Sendable, CaseIterable {
  case uint8 = 2
  case int16 = 4
  case int32 = 8
  case float32 = 16
  case complex64 = 32
  case float64 = 64
  case rgb24 = 128
  case int8 = 256
  case uint16 = 512
  case uint32 = 768
  case int64 = 1024
  case uint64 = 1280
  case complex128 = 1792
  case rgba32 = 2304

  /// The name that messages give.
  package var name: String { "\(self)" }

  /// The type of each number in a voxel.
  var element: NumpyArray.Element {
    switch self {
    case .uint8, .rgb24, .rgba32: .uint8
    case .int8: .int8
    case .int16: .int16
    case .uint16: .uint16
    case .int32: .int32
    case .uint32: .uint32
    case .int64: .int64
    case .uint64: .uint64
    case .float32, .complex64: .float32
    case .float64, .complex128: .float64
    }
  }

  /// Numbers in a voxel: colours, or real and imaginary part.
  package var componentCount: Int {
    switch self {
    case .rgb24: 3
    case .rgba32: 4
    case .complex64, .complex128: 2
    default: 1
    }
  }

  /// Bytes of a voxel.
  package var byteCount: Int { componentCount * element.byteCount }

  /// Whether a voxel is a complex number, which no picture can show.
  package var isComplex: Bool { self == .complex64 || self == .complex128 }

  /// Whether a voxel is a colour.
  package var isColor: Bool { self == .rgb24 || self == .rgba32 }

  /// The name of a code that is not read, where the standard has one.
  static func name(ofUnread code: Int) -> String {
    switch code {
    case 0: "unknown"
    case 1: "binary, one bit a voxel"
    case 1536: "float128"
    case 2048: "complex256"
    default: "none of the standard's types"
    }
  }
}
