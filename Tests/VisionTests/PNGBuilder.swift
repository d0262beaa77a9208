/// Builds PNG files chunk by chunk, without the codec under test.
struct PNGBuilder {
  var width: UInt32
  var height: UInt32
  var bitDepth: UInt8 = 8
  var colorType: UInt8 = 0
  /// 1 for Adam7; the rows are then those of its passes.
  var interlacing: UInt8 = 0
  /// The rows as they are stored, each without its filter byte.
  var rows: [[UInt8]]
  /// Chunks between header and picture data: name and content.
  var chunks: [(String, [UInt8])] = []
  /// Chunks between picture data and end.
  var lateChunks: [(String, [UInt8])] = []

  var file: [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += Self.chunk("IHDR", Self.big(width) + Self.big(height) + [bitDepth, colorType, 0, 0, interlacing])
    for (name, content) in chunks { file += Self.chunk(name, content) }
    file += Self.chunk("IDAT", Self.stored(rows.flatMap { [0] + $0 }))
    for (name, content) in lateChunks { file += Self.chunk(name, content) }
    return file + Self.chunk("IEND", [])
  }

  static func big(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

  static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let covered = Array(name.utf8) + content
    return big(UInt32(content.count)) + covered + big(crc(covered))
  }

  /// A zlib stream of one stored block.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    let header: [UInt8] = [
      0x78, 0x01, 0x01, UInt8(count & 0xFF), UInt8(count >> 8), ~UInt8(count & 0xFF), ~UInt8(count >> 8),
    ]
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return header + bytes + big(b << 16 | a)
  }

  /// A zlib stream of one byte, zero, many times: a fixed-code block of a literal and matches of length 258.
  static func zlibOfOneByte(repeated count: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x78, 0x01]
    var (pending, pendingBits) = (UInt32(0), UInt32(0))
    func push(_ value: UInt32, _ count: UInt32) {
      pending |= value << pendingBits
      pendingBits += count
      while pendingBits >= 8 {
        bytes.append(UInt8(pending & 0xFF))
        (pending, pendingBits) = (pending >> 8, pendingBits - 8)
      }
    }
    push(0b011, 3)  // last block, fixed codes
    push(0b0000_1100, 8)  // literal 0 is 00110000, first bit first
    for _ in 0..<(count - 1) / 258 {
      push(0b1010_0011, 8)  // length 258 is 11000101
      push(0, 5)  // distance 1
    }
    push(0, 7)  // end of block
    push(0, 7)
    let length = UInt32(1 + (count - 1) / 258 * 258)
    return bytes + big((length % 65521) << 16 | 1)
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var remainder: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
    }
    return ~remainder
  }
}
