extension AttributeValue: Equatable {
  /// Compares floating-point numbers by their bits, so that a NaN that was written and read again is the same.
  package static func == (left: AttributeValue, right: AttributeValue) -> Bool {
    switch (left, right) {
    case (.bool(let one), .bool(let other)): one == other
    case (.int32(let one), .int32(let other)): one == other
    case (.uint32(let one), .uint32(let other)): one == other
    case (.int64(let one), .int64(let other)): one == other
    case (.uint64(let one), .uint64(let other)): one == other
    case (.float(let one), .float(let other)): one.bitPattern == other.bitPattern
    case (.double(let one), .double(let other)): one.bitPattern == other.bitPattern
    case (.string(let one), .string(let other)): one == other
    case (.bytes(let one), .bytes(let other)): one == other
    case (.bools(let one), .bools(let other)): one == other
    case (.int32s(let one), .int32s(let other)): one == other
    case (.uint32s(let one), .uint32s(let other)): one == other
    case (.int64s(let one), .int64s(let other)): one == other
    case (.uint64s(let one), .uint64s(let other)): one == other
    case (.floats(let one), .floats(let other)): one.map(\.bitPattern) == other.map(\.bitPattern)
    case (.doubles(let one), .doubles(let other)): one.map(\.bitPattern) == other.map(\.bitPattern)
    case (.strings(let one), .strings(let other)): one == other
    case (.bytesList(let one), .bytesList(let other)): one == other
    case (.int32Map(let one), .int32Map(let other)): one == other
    case (.uint32Map(let one), .uint32Map(let other)): one == other
    case (.int64Map(let one), .int64Map(let other)): one == other
    case (.uint64Map(let one), .uint64Map(let other)): one == other
    case (.stringMap(let one), .stringMap(let other)): one == other
    case (.bytesMap(let one), .bytesMap(let other)): one == other
    case (.int32sMap(let one), .int32sMap(let other)): one == other
    case (.uint32sMap(let one), .uint32sMap(let other)): one == other
    case (.int64sMap(let one), .int64sMap(let other)): one == other
    case (.uint64sMap(let one), .uint64sMap(let other)): one == other
    case (.stringsMap(let one), .stringsMap(let other)): one == other
    case (.unknown(let one), .unknown(let other)): one == other
    default: false
    }
  }
}
