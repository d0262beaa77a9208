/// Reads the protobuf wire format, as much of it as the file format uses.
///
/// Written here because no library fits: Swift packages from elsewhere are not to be had, and protobuf libraries copy
/// what they read, while models are mapped and their constants stay where they lie. It also says where a file is
/// damaged, by byte and by name, which protobuf's own readers do not.
///
/// A message is a row of fields, each a varint tag (`number << 3 | wire type`) and a value:
///
/// | wire type | value |
/// |---|---|
/// | 0 | varint: 7 bits per byte, lowest first, at most 10 bytes; negative numbers take all 10 |
/// | 1 | 8 bytes, little endian |
/// | 2 | varint length, then so many bytes: strings, bytes, messages, packed lists |
/// | 3, 4 | begin and end of a group; known to no schema here, but kept as an unknown field |
/// | 5 | 4 bytes, little endian |
///
/// - Source: Protocol Buffers, "Encoding".
final class WireReader {
  /// What a file may ask for at most, so that a hostile one can't exhaust memory or the stack.
  struct Limits {
    /// Messages that are turned into values: operations, arguments, tensors, subgraphs, attributes.
    var messages = 1 << 22
    /// Subgraphs, or unknown groups, inside each other.
    var depth = 64
    /// Axes of one tensor.
    var axes = 16
    /// Elements of one tensor.
    var elements = 1 << 40
  }

  let source: Bytes
  let limits: Limits
  /// How deep the subgraph being read lies.
  var depth = 0
  /// Whether a field that the schema does not name was met since this was last cleared.
  var metUnknownField = false
  private let memory: UnsafeRawBufferPointer
  private var messagesLeft: Int

  /// Starts reading.
  ///
  /// - Parameters:
  ///   - memory: The bytes of `source`; must stay valid as long as the reader is used.
  ///   - source: The owner of the memory, for the pieces that are kept.
  init(_ memory: UnsafeRawBufferPointer, of source: Bytes, limits: Limits) {
    self.memory = memory
    self.source = source
    self.limits = limits
    messagesLeft = limits.messages
  }

  /// The message that fills the whole source.
  func wholeMessage(_ type: MessageType) -> WireMessage {
    WireMessage(type: type, end: memory.count, position: 0)
  }

  /// The next field of a message, `nil` at its end.
  func next(_ message: inout WireMessage) throws(WireFault) -> WireField? {
    guard message.position < message.end else { return nil }
    let start = message.position
    var cursor = start
    let (number, type) = try tag(&cursor, end: message.end)
    let field: WireField
    do throws(WireFault) {
      field = try value(number, type, start: start, cursor: &cursor, end: message.end)
    } catch {
      throw error.inField(message.type.fieldName(number))
    }
    message.position = cursor
    return field
  }

  /// The message that a field holds.
  func message(_ field: WireField, _ type: MessageType, in parent: WireMessage) throws(WireFault) -> WireMessage {
    try expect(.bytes, field, parent)
    guard messagesLeft > 0 else {
      throw WireFault(field.start, "the file holds more than \(limits.messages) messages, which no model needs")
    }
    messagesLeft -= 1
    return WireMessage(type: type, end: field.end, position: field.payloadStart)
  }

  /// The text that a field holds.
  func string(_ field: WireField, in parent: WireMessage) throws(WireFault) -> String {
    try expect(.bytes, field, parent)
    let codeUnits = UnsafeRawBufferPointer(rebasing: memory[field.payloadStart..<field.end])
    guard let text = String(validating: codeUnits, as: UTF8.self) else {
      throw WireFault(field.payloadStart, "\(codeUnits.count) bytes of text are not valid UTF-8")
        .inField(parent.type.fieldName(field.number))
    }
    return text
  }

  /// The bytes that a field holds, left where they lie.
  func bytes(_ field: WireField, in parent: WireMessage) throws(WireFault) -> Bytes {
    try expect(.bytes, field, parent)
    return piece(field.payloadStart..<field.end)
  }

  /// The number that a field holds.
  func scalar<T>(_ field: WireField, _ kind: WireScalar<T>, in parent: WireMessage) throws(WireFault) -> T {
    try expect(kind.wireType, field, parent)
    guard let value = kind.decode(field.scalar) else {
      throw WireFault(field.start, "\(field.scalar) is out of range for \(T.self)")
        .inField(parent.type.fieldName(field.number))
    }
    return value
  }

  /// Appends the numbers that a field of a repeated number holds, packed or one by one.
  func append<T>(
    _ field: WireField, _ kind: WireScalar<T>, to list: inout [T], in parent: WireMessage
  ) throws(WireFault) {
    guard field.type == .bytes else {
      list.append(try scalar(field, kind, in: parent))
      return
    }
    var cursor = field.payloadStart
    while cursor < field.end {
      let start = cursor
      var element = WireField(number: field.number, type: kind.wireType, start: start)
      do throws(WireFault) {
        element.scalar = try number(kind.wireType, &cursor, end: field.end)
      } catch {
        throw error.inField(parent.type.fieldName(field.number))
      }
      list.append(try scalar(element, kind, in: parent))
    }
  }

  /// A field as it stands, tag and all.
  func whole(_ field: WireField) -> Bytes { piece(field.start..<field.end) }

  /// A piece of the source.
  func piece(_ range: Range<Int>) -> Bytes {
    guard let piece = source.slice(range) else { preconditionFailure("a field was let out of its file") }
    return piece
  }

  private func expect(_ type: WireType, _ field: WireField, _ parent: WireMessage) throws(WireFault) {
    guard field.type == type else {
      throw WireFault(field.start, "found \(field.type), expected \(type)")
        .inField(parent.type.fieldName(field.number))
    }
  }

  private func tag(_ cursor: inout Int, end: Int) throws(WireFault) -> (number: Int, type: WireType) {
    let start = cursor
    let tag = try varint(&cursor, end: end)
    guard tag <= UInt32.max, tag >> 3 > 0 else {
      throw WireFault(start, "found field number \(tag >> 3), expected one from 1 to 536870911")
    }
    guard let type = WireType(rawValue: UInt8(tag & 7)) else {
      throw WireFault(start, "field \(tag >> 3) has wire type \(tag & 7), which does not exist")
    }
    return (Int(tag >> 3), type)
  }

  private func value(
    _ number: Int, _ type: WireType, start: Int, cursor: inout Int, end: Int
  ) throws(WireFault) -> WireField {
    var field = WireField(number: number, type: type, start: start)
    switch type {
    case .varint, .fixed64, .fixed32:
      field.scalar = try self.number(type, &cursor, end: end)
    case .bytes:
      let length = try varint(&cursor, end: end)
      guard length <= UInt64(end - cursor) else {
        throw WireFault(start, "length \(length) overruns its message, which has \(end - cursor) bytes left")
      }
      field.payloadStart = cursor
      cursor += Int(length)
    case .groupStart:
      try skipGroup(number, &cursor, end: end)
    case .groupEnd:
      throw WireFault(start, "a group ends that did not begin")
    }
    field.end = cursor
    return field
  }

  private func number(_ type: WireType, _ cursor: inout Int, end: Int) throws(WireFault) -> UInt64 {
    switch type {
    case .fixed64:
      try need(8, cursor, end)
      defer { cursor += 8 }
      return UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: cursor, as: UInt64.self))
    case .fixed32:
      try need(4, cursor, end)
      defer { cursor += 4 }
      return UInt64(UInt32(littleEndian: memory.loadUnaligned(fromByteOffset: cursor, as: UInt32.self)))
    default:
      return try varint(&cursor, end: end)
    }
  }

  private func need(_ count: Int, _ cursor: Int, _ end: Int) throws(WireFault) {
    guard end - cursor >= count else {
      throw WireFault(cursor, "a number of \(count) bytes overruns its message, which has \(end - cursor) bytes left")
    }
  }

  private func varint(_ cursor: inout Int, end: Int) throws(WireFault) -> UInt64 {
    let start = cursor
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while cursor < end {
      let byte = memory[cursor]
      cursor += 1
      guard shift < 63 || byte <= 1 else {
        throw WireFault(start, "a varint has more than 64 bits")
      }
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw WireFault(start, "a varint overruns its message, which has \(end - start) bytes left")
  }

  private func skipGroup(_ number: Int, _ cursor: inout Int, end: Int) throws(WireFault) {
    var open = [number]
    while let innermost = open.last {
      let start = cursor
      let (number, type) = try tag(&cursor, end: end)
      switch type {
      case .groupStart:
        guard open.count < limits.depth else {
          throw WireFault(start, "groups lie more than \(limits.depth) deep in each other")
        }
        open.append(number)
      case .groupEnd:
        guard number == innermost else {
          throw WireFault(start, "group \(number) ends inside group \(innermost)")
        }
        open.removeLast()
      default:
        _ = try value(number, type, start: start, cursor: &cursor, end: end)
      }
    }
  }
}
