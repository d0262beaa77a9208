/// Small bitstreams.
package enum SampleBitstreams {
  /// Padding, the sync word, and a few words that differ by a seed.
  package static func data(seed: UInt8 = 0) -> [UInt8] {
    [UInt8](repeating: 0xFF, count: 32) + [0xAA, 0x99, 0x55, 0x66] + (0..<64).map { $0 &* 3 &+ seed }
  }

  /// The bytes of a .bit file.
  package static func bit(
    part: String = "xczu7ev-ffvc1156-2-e", design: String = "top_wrapper;UserID=0XFFFFFFFF;Version=2022.1",
    seed: UInt8 = 0
  ) -> [UInt8] {
    func field(_ key: Character, _ text: String) -> [UInt8] {
      let bytes = Array(text.utf8) + [0]
      return [key.asciiValue ?? 0, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }
    let content = data(seed: seed)
    // Piece by piece: as one expression it is too much for the type checker of Swift 6.0.3.
    var bytes: [UInt8] = [0x00, 0x09, 0x0F, 0xF0, 0x0F, 0xF0, 0x0F, 0xF0, 0x0F, 0xF0, 0x00, 0x00, 0x01]
    bytes += field("a", design)
    bytes += field("b", part)
    bytes += field("c", "2022/10/01")
    bytes += field("d", "12:00:00")
    bytes.append(0x65)
    bytes += highestByteFirst(content.count)
    return bytes + content
  }

  /// The data with the bytes of each word turned round, by another way than the code under test.
  package static func turned(_ data: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: data.count, by: 4) { result += data[start..<start + 4].reversed() }
    return result
  }
}
