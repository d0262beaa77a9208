extension Bitstream {
  private static let preamble: [UInt8] = [0x00, 0x09, 0x0F, 0xF0, 0x0F, 0xF0, 0x0F, 0xF0, 0x0F, 0xF0, 0x00, 0x00, 0x01]
  private static let syncWord: [UInt8] = [0xAA, 0x99, 0x55, 0x66]
  /// Bytes before the sync word at most: padding and the pattern that finds the bus width.
  private static let longestLead = 4096

  /// Reads a file's bytes.
  ///
  /// - Throws: `malformed` with the byte where it is no bitstream, cut off, or not made of whole words.
  package init(reading file: [UInt8]) throws(BoardError) {
    let reader = ByteReader(file, name: "bitstream")
    guard !file.isEmpty else { throw reader.fault("the file is empty", at: 0) }
    if file.starts(with: [0x00, 0x09]) {
      (header, data) = try Bitstream.readHeader(reader)
      guard Bitstream.findSync(data) == .plain else {
        throw BoardError(
          .malformed,
          "bitstream: no sync word in the first \(Bitstream.longestLead) bytes of the data; encrypted or damaged",
          byteOffset: data.startIndex)
      }
      form = .bit
    } else {
      guard let found = Bitstream.findSync(file[...]) else {
        throw reader.fault(
          "neither a .bit header nor a sync word in the first \(Bitstream.longestLead) bytes; give the .bit of Vivado or the .bit.bin of bootgen",
          at: 0)
      }
      (header, data, form) = (nil, file[...], found)
    }
    guard data.count % 4 == 0 else {
      throw BoardError(
        .malformed, "bitstream: \(data.count) bytes of data are not whole 32-bit words; copy the file again",
        byteOffset: data.startIndex)
    }
  }

  private static func readHeader(_ reader: ByteReader) throws(BoardError) -> (Header, ArraySlice<UInt8>) {
    guard reader.bytes.starts(with: preamble) else {
      throw reader.fault("begins like a .bit file, but its first 13 bytes are others", at: 0)
    }
    var position = preamble.count
    var texts: [UInt8: String] = [:]
    while true {
      let key = try reader.little(position, UInt8.self, "key of the header")
      let name = "field '\(key < 0x7F && key > 0x20 ? String(UnicodeScalar(key)) : "byte \(key)")' of the header"
      if key == UInt8(ascii: "e") {
        let count = Int(try reader.big(position + 1, UInt32.self, name))
        let available = reader.count - position - 5
        guard count <= available else {
          throw reader.fault(
            "\(count) bytes of data are announced, \(available) are there; copy it again", at: position)
        }
        guard count > 0 else { throw reader.fault("holds no data", at: position) }
        let data = try reader.part(position + 5, count, name: "data").bytes
        func text(_ key: Character) -> String { key.asciiValue.flatMap { texts[$0] } ?? "" }
        return (Header(design: text("a"), part: text("b"), date: text("c"), time: text("d")), data)
      }
      guard (UInt8(ascii: "a")...UInt8(ascii: "d")).contains(key), texts[key] == nil else {
        throw reader.fault("unexpected \(name)", at: position)
      }
      let count = Int(try reader.big(position + 1, UInt16.self, name))
      texts[key] = try reader.text(position + 3, count, name)
      position += 3 + count
    }
  }

  /// Which way round the first sync word is, `nil` where there is none.
  private static func findSync(_ data: ArraySlice<UInt8>) -> Form? {
    let lead = data.prefix(longestLead)
    for start in stride(from: lead.startIndex, to: max(lead.startIndex, lead.endIndex - 3), by: 4) {
      let word = lead[start..<start + 4]
      if word.elementsEqual(syncWord) { return .plain }
      if word.elementsEqual(syncWord.reversed()) { return .ready }
    }
    return nil
  }
}
