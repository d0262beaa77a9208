extension WireWriter {
  /// Appends a map from names to attribute values, in the order of the names.
  mutating func attributes(_ number: Int, _ attributes: Attributes) {
    for name in attributes.names {
      if let entry = attributes.keptEntry(of: name) {
        bytes(number, entry)
      } else if let value = attributes[name] {
        message(number) { entry in
          entry.string(1, name)
          entry.attributeValue(2, value)
        }
      }
    }
  }

  private mutating func attributeValue(_ number: Int, _ value: AttributeValue) {
    if case .unknown(let fields) = value {
      bytes(number, fields)
    } else {
      message(number) { $0.alternative(value) }
    }
  }

  private mutating func alternative(_ value: AttributeValue) {
    switch value {
    case .bool(let value): scalar(4, .bool, value)
    case .int32(let value): scalar(5, .int32, value)
    case .uint32(let value): scalar(6, .uint32, value)
    case .int64(let value): scalar(7, .int64, value)
    case .uint64(let value): scalar(8, .uint64, value)
    case .float(let value): scalar(9, .float, value)
    case .double(let value): scalar(10, .double, value)
    case .string(let value): string(11, value)
    case .bytes(let value): message(12) { $0.bytes(1, value) }
    case .bools(let list): message(13) { $0.packed(1, .bool, list) }
    case .int32s(let list): message(14) { $0.packed(1, .int32, list) }
    case .uint32s(let list): message(15) { $0.packed(1, .uint32, list) }
    case .int64s(let list): message(16) { $0.packed(1, .int64, list) }
    case .uint64s(let list): message(17) { $0.packed(1, .uint64, list) }
    case .floats(let list): message(18) { $0.packed(1, .float, list) }
    case .doubles(let list): message(19) { $0.packed(1, .double, list) }
    case .strings(let list): message(20) { $0.strings(list) }
    case .bytesList(let list): message(21) { for value in list { $0.bytes(1, value) } }
    default: mapAlternative(value)
    }
  }

  private mutating func mapAlternative(_ value: AttributeValue) {
    switch value {
    case .int32Map(let map): entries(22, map) { $0.scalar(2, .int32, $1) }
    case .uint32Map(let map): entries(23, map) { $0.scalar(2, .uint32, $1) }
    case .int64Map(let map): entries(24, map) { $0.scalar(2, .int64, $1) }
    case .uint64Map(let map): entries(25, map) { $0.scalar(2, .uint64, $1) }
    case .stringMap(let map): entries(26, map) { $0.string(2, $1) }
    case .bytesMap(let map): entries(27, map) { entry, value in entry.message(2) { $0.bytes(1, value) } }
    case .int32sMap(let map): entries(28, map) { entry, list in entry.message(2) { $0.packed(1, .int32, list) } }
    case .uint32sMap(let map): entries(29, map) { entry, list in entry.message(2) { $0.packed(1, .uint32, list) } }
    case .int64sMap(let map): entries(30, map) { entry, list in entry.message(2) { $0.packed(1, .int64, list) } }
    case .uint64sMap(let map): entries(31, map) { entry, list in entry.message(2) { $0.packed(1, .uint64, list) } }
    case .stringsMap(let map): entries(32, map) { entry, list in entry.message(2) { $0.strings(list) } }
    default: preconditionFailure("an attribute value without a field number")
    }
  }

  private mutating func strings(_ list: [String]) {
    for text in list { string(1, text) }
  }

  private mutating func entries<T>(_ number: Int, _ map: [String: T], _ write: (inout WireWriter, T) -> Void) {
    message(number) { writer in
      for (key, value) in map.sorted(by: { $0.key < $1.key }) {
        writer.message(1) { entry in
          entry.string(1, key)
          write(&entry, value)
        }
      }
    }
  }
}
