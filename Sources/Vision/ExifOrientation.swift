/// How a picture must be turned to stand upright: tag 0x0112 of its EXIF data.
///
/// EXIF data is a TIFF file in small: `II` or `MM` for the byte order, the number 42, the offset of a directory;
/// the directory is a count and entries of 12 bytes: tag, type, count, value.
///
/// - Source: EXIF 2.32 (CIPA DC-008) 4.6.2 to 4.6.4; TIFF 6.0 section 2.
package enum ExifOrientation: Int, Sendable, CaseIterable {
  /// As stored.
  case upright = 1
  /// Mirrored left to right.
  case mirrored = 2
  /// Turned by half a circle.
  case upsideDown = 3
  /// Mirrored top to bottom.
  case flipped = 4
  /// Mirrored along the main diagonal: rows are columns.
  case transposed = 5
  /// Must be turned clockwise by a quarter.
  case turnedLeft = 6
  /// Mirrored along the other diagonal.
  case transversed = 7
  /// Must be turned counterclockwise by a quarter.
  case turnedRight = 8

  /// Whether width and height change places.
  package var swapsAxes: Bool { rawValue >= 5 }

  /// Finds the orientation in EXIF data; data that is damaged or silent about it means upright.
  ///
  /// - Parameter tiff: The data behind the `Exif` marker of a JPEG, or a PNG's `eXIf` chunk.
  package init(inExif tiff: some RandomAccessCollection<UInt8>) {
    let bytes = Array(tiff)
    self = ExifOrientation.find(in: bytes) ?? .upright
  }

  private static func find(in bytes: [UInt8]) -> ExifOrientation? {
    guard bytes.count >= 8 else { return nil }
    let littleEndian: Bool
    switch (bytes[0], bytes[1]) {
    case (0x49, 0x49): littleEndian = true
    case (0x4D, 0x4D): littleEndian = false
    default: return nil
    }
    func number(at offset: Int, byteCount: Int) -> Int? {
      guard offset >= 0, offset <= bytes.count - byteCount else { return nil }
      let digits = bytes[offset..<offset + byteCount]
      return littleEndian ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(at: 2, byteCount: 2) == 42, let directory = number(at: 4, byteCount: 4),
      let count = number(at: directory, byteCount: 2)
    else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = number(at: entry, byteCount: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      // Type 3 is a 16-bit number, as the standard asks; type 4, 32 bits, occurs in the wild.
      switch number(at: entry + 2, byteCount: 2) {
      case 3: return number(at: entry + 8, byteCount: 2).flatMap(ExifOrientation.init(rawValue:))
      case 4: return number(at: entry + 8, byteCount: 4).flatMap(ExifOrientation.init(rawValue:))
      default: return nil
      }
    }
    return nil
  }
}
