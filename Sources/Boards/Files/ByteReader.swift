/// Reads numbers and texts at positions of a file, each checked against its end.
struct ByteReader {
  /// The whole file.
  let bytes: ArraySlice<UInt8>
  /// Where the part begins that positions count from, in the file.
  let start: Int
  /// What the part is called in messages.
  let name: String

  /// Takes a file.
  init(_ bytes: [UInt8], name: String) { self.init(bytes[...], start: 0, name: name) }

  private init(_ bytes: ArraySlice<UInt8>, start: Int, name: String) {
    self.bytes = bytes
    self.start = start
    self.name = name
  }

  /// Bytes of the part.
  var count: Int { bytes.count }

  /// A part of the part.
  ///
  /// - Throws: `malformed` where it leaves the part.
  func part(_ position: Int, _ count: Int, name: String) throws(BoardError) -> ByteReader {
    try check(position, count, name)
    let first = bytes.startIndex + position
    return ByteReader(bytes[first..<first + count], start: start + position, name: name)
  }

  /// A number, lowest byte first.
  func little<N: FixedWidthInteger>(_ position: Int, _ type: N.Type, _ field: String) throws(BoardError) -> N {
    let size = N.bitWidth / 8
    try check(position, size, field)
    let first = bytes.startIndex + position
    var value: N = 0
    for index in 0..<size { value |= N(truncatingIfNeeded: bytes[first + index]) << N(8 * index) }
    return value
  }

  /// A number, highest byte first.
  func big<N: FixedWidthInteger>(_ position: Int, _ type: N.Type, _ field: String) throws(BoardError) -> N {
    try little(position, type, field).byteSwapped
  }

  /// A text in a field of fixed size, up to its first NUL.
  ///
  /// - Throws: `malformed` where the field leaves the part or holds something other than printable ASCII.
  func text(_ position: Int, _ count: Int, _ field: String) throws(BoardError) -> String {
    try check(position, count, field)
    let first = bytes.startIndex + position
    let content = bytes[first..<first + count].prefix { $0 != 0 }
    guard content.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      throw fault("\(field) holds characters other than printable ASCII", at: position)
    }
    return String(decoding: content, as: UTF8.self)
  }

  /// An error at a position of the part.
  func fault(_ problem: String, at position: Int, _ code: BoardError.Code = .malformed) -> BoardError {
    BoardError(code, "\(name): \(problem)", byteOffset: start + position)
  }

  private func check(_ position: Int, _ count: Int, _ field: String) throws(BoardError) {
    let (end, overflow) = position.addingReportingOverflow(count)
    guard position >= 0, count >= 0, !overflow, end <= self.count else {
      throw fault(
        "\(field) of \(count) bytes at \(position) overruns \(self.count) bytes", at: min(max(position, 0), self.count))
    }
  }
}
