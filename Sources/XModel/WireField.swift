/// How the value of a field is written.
enum WireType: UInt8, CustomStringConvertible {
  case varint, fixed64, bytes, groupStart, groupEnd, fixed32

  /// The wire type as the encoding's documentation numbers and names it.
  var description: String {
    switch self {
    case .varint: "wire type 0 (varint)"
    case .fixed64: "wire type 1 (8 bytes)"
    case .bytes: "wire type 2 (length and bytes)"
    case .groupStart: "wire type 3 (start of a group)"
    case .groupEnd: "wire type 4 (end of a group)"
    case .fixed32: "wire type 5 (4 bytes)"
    }
  }
}

/// A message that is being read field by field.
struct WireMessage {
  /// What the message is, for names in errors.
  let type: MessageType
  /// Where it ends in the source.
  let end: Int
  /// Where its next field begins.
  var position: Int
}

/// One field of a message: its number and where or what its value is.
struct WireField {
  /// The number that the schema gives it.
  let number: Int
  /// How its value is written.
  let type: WireType
  /// Where its tag begins in the source.
  let start: Int
  /// Where its bytes begin, for a field with a length.
  var payloadStart = 0
  /// Where it ends.
  var end = 0
  /// Its number, for a field without a length.
  var scalar: UInt64 = 0

  /// Makes a field whose value is yet to be read.
  init(number: Int, type: WireType, start: Int) {
    self.number = number
    self.type = type
    self.start = start
  }
}

/// How a number of one type stands in a field.
struct WireScalar<T> {
  let wireType: WireType
  /// The number of the raw bits, `nil` if it is out of range.
  let decode: (UInt64) -> T?
  /// The raw bits of a number.
  let encode: (T) -> UInt64
}

extension WireScalar<Bool> {
  /// A truth value; every number but 0 is true, as protobuf reads it.
  static var bool: Self { Self(wireType: .varint, decode: { $0 != 0 }, encode: { $0 ? 1 : 0 }) }
}

extension WireScalar<Int32> {
  /// A number of 32 bits; negative ones are written with 64.
  static var int32: Self {
    Self(
      wireType: .varint, decode: { Int32(exactly: Int64(bitPattern: $0)) },
      encode: { UInt64(bitPattern: Int64($0)) })
  }
}

extension WireScalar<UInt32> {
  /// A number of 32 bits without sign.
  static var uint32: Self { Self(wireType: .varint, decode: { UInt32(exactly: $0) }, encode: { UInt64($0) }) }
}

extension WireScalar<Int64> {
  /// A number of 64 bits.
  static var int64: Self {
    Self(wireType: .varint, decode: { Int64(bitPattern: $0) }, encode: { UInt64(bitPattern: $0) })
  }
}

extension WireScalar<UInt64> {
  /// A number of 64 bits without sign.
  static var uint64: Self { Self(wireType: .varint, decode: { $0 }, encode: { $0 }) }
}

extension WireScalar<Float> {
  /// A number of single precision.
  static var float: Self {
    Self(
      wireType: .fixed32, decode: { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) },
      encode: { UInt64($0.bitPattern) })
  }
}

extension WireScalar<Double> {
  /// A number of double precision.
  static var double: Self {
    Self(wireType: .fixed64, decode: { Double(bitPattern: $0) }, encode: { $0.bitPattern })
  }
}

/// What is wrong with the bytes, and where; gathers the names of the messages round it on its way out.
struct WireFault: Error {
  /// Where in the source.
  let offset: Int
  private let what: String
  private let isDamage: Bool
  private var place: [String] = []

  /// Makes a fault.
  ///
  /// - Parameter isDamage: Whether the bytes themselves can't be read, rather than what they say.
  init(_ offset: Int, _ what: String, isDamage: Bool = true) {
    self.offset = offset
    self.what = what
    self.isDamage = isDamage
  }

  /// The same fault in a field.
  func inField(_ name: String) -> WireFault {
    var fault = self
    fault.place.append("field \(name)")
    return fault
  }

  /// The same fault in a message.
  ///
  /// - Parameter name: What the message calls itself, empty if that was not read yet.
  func inside(_ type: MessageType, _ name: String) -> WireFault {
    var fault = self
    fault.place.append(name.isEmpty ? type.rawValue : "\(type.rawValue) \(quoted(name))")
    return fault
  }

  /// The error for those who asked for the file.
  func error(source: Bytes, path: String?) -> XModelError {
    let outermostFirst = Array(place.reversed())
    let names =
      outermostFirst.count <= 8
      ? outermostFirst : outermostFirst.prefix(4) + ["…"] + outermostFirst.suffix(3)
    let advice = isDamage ? "; the file is damaged, cut short or not an .xmodel" : ""
    return XModelError(
      isDamage ? .malformed : .invalid, "\(names.joined(separator: ", ")): \(what)\(advice)",
      byteOffset: source.offset + offset, path: path)
  }
}
