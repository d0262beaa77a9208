/// Writes the protobuf wire format: the counterpart of the reader.
struct WireWriter {
  /// What was written so far.
  private(set) var bytes: [UInt8] = []

  /// Appends a number with its tag, zero included.
  mutating func scalar<T>(_ number: Int, _ kind: WireScalar<T>, _ value: T) {
    tag(number, kind.wireType)
    append(kind.encode(value), kind.wireType)
  }

  /// Appends a number with its tag unless it is zero, which readers take an absent number for.
  mutating func scalarUnlessZero<T>(_ number: Int, _ kind: WireScalar<T>, _ value: T) {
    if kind.encode(value) != 0 { scalar(number, kind, value) }
  }

  /// Appends numbers one behind the other under one tag, nothing if there are none.
  mutating func packed<T>(_ number: Int, _ kind: WireScalar<T>, _ values: [T]) {
    guard !values.isEmpty else { return }
    var list = WireWriter()
    for value in values { list.append(kind.encode(value), kind.wireType) }
    field(number, list.bytes)
  }

  /// Appends a text with its tag, an empty one included.
  mutating func string(_ number: Int, _ text: String) { field(number, text.utf8) }

  /// Appends a text with its tag unless it is empty, which readers take an absent text for.
  mutating func stringUnlessEmpty(_ number: Int, _ text: String) {
    if !text.isEmpty { string(number, text) }
  }

  /// Appends bytes with their tag.
  mutating func bytes(_ number: Int, _ value: Bytes) { value.withUnsafeBytes { field(number, $0) } }

  /// Appends a message with its tag.
  mutating func message(_ number: Int, _ write: (inout WireWriter) -> Void) {
    var inner = WireWriter()
    write(&inner)
    field(number, inner.bytes)
  }

  /// Appends fields that stood in a file, tags and all.
  mutating func fields(_ kept: [Bytes]) {
    for field in kept { field.withUnsafeBytes { bytes.append(contentsOf: $0) } }
  }

  private mutating func field(_ number: Int, _ payload: some Collection<UInt8>) {
    tag(number, .bytes)
    varint(UInt64(payload.count))
    bytes.append(contentsOf: payload)
  }

  private mutating func tag(_ number: Int, _ type: WireType) { varint(UInt64(number) << 3 | UInt64(type.rawValue)) }

  private mutating func append(_ bits: UInt64, _ type: WireType) {
    switch type {
    case .fixed32:
      for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    case .fixed64:
      for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    default: varint(bits)
    }
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
