/// Bytes of a known number that fields are put into.
struct ByteWriter {
  /// The bytes.
  private(set) var bytes: [UInt8]

  /// Makes so many zeros.
  init(count: Int) { bytes = [UInt8](repeating: 0, count: count) }

  /// Puts a number, lowest byte first.
  mutating func put<N: FixedWidthInteger>(_ value: N, at position: Int) {
    withUnsafeBytes(of: value.littleEndian) { put($0, at: position) }
  }

  /// Puts bytes.
  mutating func put(_ content: some Collection<UInt8>, at position: Int) {
    bytes.replaceSubrange(position..<position + content.count, with: content)
  }

  /// Puts a text into a field, zeros behind it.
  ///
  /// - Precondition: It fits, but for a last zero where it fills the field.
  mutating func put(_ text: String, at position: Int, room: Int) {
    precondition(text.utf8.count <= room, "\"\(text)\" does not fit into \(room) bytes")
    put(Array(text.utf8), at: position)
  }

  /// Fills a range with one byte.
  mutating func fill(_ range: Range<Int>, with byte: UInt8) {
    bytes.replaceSubrange(range, with: repeatElement(byte, count: range.count))
  }
}
