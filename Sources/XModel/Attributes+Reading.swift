extension WireReader {
  /// Reads one entry of a map from names to attribute values.
  func attribute(_ field: WireField, into attributes: inout Attributes, in parent: WireMessage) throws(WireFault) {
    var message = try self.message(field, .attribute, in: parent)
    var name = ""
    var value: AttributeValue?
    metUnknownField = false
    do throws(WireFault) {
      while let field = try next(&message) {
        switch field.number {
        case 1: name = try string(field, in: message)
        case 2:
          guard value == nil else { throw WireFault(field.start, "has two values, expected one") }
          value = try attributeValue(field, in: message)
        default: metUnknownField = true
        }
      }
    } catch {
      throw error.inside(.attribute, name)
    }
    attributes[name] = value ?? .unknown(piece(field.end..<field.end))
    if metUnknownField { attributes.keepEntry(piece(field.payloadStart..<field.end), of: name) }
  }

  private func attributeValue(_ field: WireField, in parent: WireMessage) throws(WireFault) -> AttributeValue {
    var message = try self.message(field, .attributeValue, in: parent)
    var value: AttributeValue?
    var hasUnknownField = false
    while let field = try next(&message) {
      guard (4...32).contains(field.number) else {
        hasUnknownField = true
        continue
      }
      guard value == nil else {
        throw WireFault(field.start, "a second value follows the first, expected one")
          .inField(message.type.fieldName(field.number))
      }
      do throws(WireFault) {
        value = try alternative(field, in: message)
      } catch {
        // Numbers and texts have named their field already; what lies in a message below has not.
        throw field.number >= 12 && field.type == .bytes
          ? error.inField(message.type.fieldName(field.number)) : error
      }
    }
    guard let value else { return .unknown(piece(field.payloadStart..<field.end)) }
    if hasUnknownField { metUnknownField = true }
    return value
  }

  private func alternative(_ field: WireField, in parent: WireMessage) throws(WireFault) -> AttributeValue {
    switch field.number {
    case 4: .bool(try scalar(field, .bool, in: parent))
    case 5: .int32(try scalar(field, .int32, in: parent))
    case 6: .uint32(try scalar(field, .uint32, in: parent))
    case 7: .int64(try scalar(field, .int64, in: parent))
    case 8: .uint64(try scalar(field, .uint64, in: parent))
    case 9: .float(try scalar(field, .float, in: parent))
    case 10: .double(try scalar(field, .double, in: parent))
    case 11: .string(try string(field, in: parent))
    case 12: .bytes(try wrappedBytes(field, in: parent))
    case 13: .bools(try numbers(field, .bool, in: parent))
    case 14: .int32s(try numbers(field, .int32, in: parent))
    case 15: .uint32s(try numbers(field, .uint32, in: parent))
    case 16: .int64s(try numbers(field, .int64, in: parent))
    case 17: .uint64s(try numbers(field, .uint64, in: parent))
    case 18: .floats(try numbers(field, .float, in: parent))
    case 19: .doubles(try numbers(field, .double, in: parent))
    case 20: .strings(try strings(field, in: parent))
    case 21: .bytesList(try bytesList(field, in: parent))
    default: try mapAlternative(field, in: parent)
    }
  }

  private func mapAlternative(_ field: WireField, in parent: WireMessage) throws(WireFault) -> AttributeValue {
    switch field.number {
    case 22: .int32Map(try map(field, in: parent, empty: 0, scalars(.int32)))
    case 23: .uint32Map(try map(field, in: parent, empty: 0, scalars(.uint32)))
    case 24: .int64Map(try map(field, in: parent, empty: 0, scalars(.int64)))
    case 25: .uint64Map(try map(field, in: parent, empty: 0, scalars(.uint64)))
    case 26: .stringMap(try map(field, in: parent, empty: "", string))
    case 27: .bytesMap(try map(field, in: parent, empty: piece(field.end..<field.end), wrappedBytes))
    case 28: .int32sMap(try map(field, in: parent, empty: [], lists(.int32)))
    case 29: .uint32sMap(try map(field, in: parent, empty: [], lists(.uint32)))
    case 30: .int64sMap(try map(field, in: parent, empty: [], lists(.int64)))
    case 31: .uint64sMap(try map(field, in: parent, empty: [], lists(.uint64)))
    case 32: .stringsMap(try map(field, in: parent, empty: [], strings))
    default: preconditionFailure("AttrValue has no alternative \(field.number)")
    }
  }

  private typealias Read<T> = (WireField, WireMessage) throws(WireFault) -> T

  private func scalars<T>(_ kind: WireScalar<T>) -> Read<T> {
    { (field, parent) throws(WireFault) in try self.scalar(field, kind, in: parent) }
  }

  private func lists<T>(_ kind: WireScalar<T>) -> Read<[T]> {
    { (field, parent) throws(WireFault) in try self.numbers(field, kind, in: parent) }
  }

  private func wrappedBytes(_ field: WireField, in parent: WireMessage) throws(WireFault) -> Bytes {
    var message = try self.message(field, .list, in: parent)
    var value = piece(field.end..<field.end)
    while let field = try next(&message) {
      guard isValue(field) else { continue }
      value = try bytes(field, in: message)
    }
    return value
  }

  private func numbers<T>(
    _ field: WireField, _ kind: WireScalar<T>, in parent: WireMessage
  ) throws(WireFault) -> [T] {
    var message = try self.message(field, .list, in: parent)
    var list: [T] = []
    while let field = try next(&message) {
      guard isValue(field) else { continue }
      try append(field, kind, to: &list, in: message)
    }
    return list
  }

  private func strings(_ field: WireField, in parent: WireMessage) throws(WireFault) -> [String] {
    var message = try self.message(field, .list, in: parent)
    var list: [String] = []
    while let field = try next(&message) {
      guard isValue(field) else { continue }
      list.append(try string(field, in: message))
    }
    return list
  }

  private func bytesList(_ field: WireField, in parent: WireMessage) throws(WireFault) -> [Bytes] {
    var message = try self.message(field, .list, in: parent)
    var list: [Bytes] = []
    while let field = try next(&message) {
      guard isValue(field) else { continue }
      list.append(try bytes(field, in: message))
    }
    return list
  }

  private func map<T>(
    _ field: WireField, in parent: WireMessage, empty: T, _ read: Read<T>
  ) throws(WireFault) -> [String: T] {
    var message = try self.message(field, .map, in: parent)
    var map: [String: T] = [:]
    while let field = try next(&message) {
      guard isValue(field) else { continue }
      var entry = try self.message(field, .mapEntry, in: message)
      var key = ""
      var value = empty
      while let field = try next(&entry) {
        switch field.number {
        case 1: key = try string(field, in: entry)
        case 2: value = try read(field, entry)
        default: metUnknownField = true
        }
      }
      map[key] = value
    }
    return map
  }

  /// The messages inside an attribute's value have one field, number 1; others are only noted.
  private func isValue(_ field: WireField) -> Bool {
    if field.number != 1 { metUnknownField = true }
    return field.number == 1
  }
}
