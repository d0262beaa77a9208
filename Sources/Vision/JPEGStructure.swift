/// What the markers of a JPEG stream tell before it is decoded: EXIF data, scans, and whether it was cut off.
///
/// A stream is a sequence of segments, each `FF`, a marker, and unless the marker stands alone two bytes of length
/// and the content. Behind a start of scan follow entropy-coded bytes, in which `FF 00` is a data byte and `FF D0`
/// to `FF D7` are restart markers; any other marker ends the scan. `FF D9` ends the picture.
///
/// The decoder library fills in what a cut-off file lacks and only warns; we refuse such files, so the markers are
/// walked here once more.
///
/// - Source: ITU-T T.81 annex B; EXIF 2.32 4.7.2.
struct JPEGStructure {
  /// The EXIF data, without its `Exif` header.
  private(set) var exif: Range<Int>?
  /// The number of scans.
  private(set) var scanCount = 0
  /// Whether the picture data is there to its end.
  private(set) var isComplete = false
  /// A marker before the picture data that no JPEG file has: reserved, or for use inside a coder only.
  private(set) var reservedMarker: UInt8?

  /// Walks the markers of a stream that begins with the JPEG signature; no content makes it fail.
  init(of content: [UInt8]) {
    var position = 2
    var frameComponents = 0
    var isSequential = false
    var lastScanIsWhole = false
    while let marker = JPEGStructure.marker(in: content, from: position, inScan: scanCount > 0) {
      // In a sequential picture with one scan for all components, whatever marker ends the scan, the data is over.
      if marker.code == 0xD9 || (isSequential && lastScanIsWhole) {
        isComplete = scanCount > 0
        return
      }
      if marker.code < 0xC0, scanCount == 0 {
        reservedMarker = marker.code
        return
      }
      position = marker.end
      if marker.code == 0x01 || (0xD0...0xD8).contains(marker.code) { continue }
      guard position + 2 <= content.count else { return }
      let length = Int(content[position]) << 8 | Int(content[position + 1])
      let end = position + max(2, length)
      guard end <= content.count else { return }
      let segment = position + 2..<end
      switch marker.code {
      case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
        isSequential = marker.code == 0xC0 || marker.code == 0xC1
        frameComponents = segment.count > 5 ? Int(content[segment.lowerBound + 5]) : 0
      case 0xDA:
        scanCount += 1
        lastScanIsWhole = scanCount == 1 && !segment.isEmpty && Int(content[segment.lowerBound]) == frameComponents
      case 0xE1 where exif == nil && scanCount == 0:
        let header: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]
        if content[segment].starts(with: header) { exif = segment.dropFirst(header.count) }
      default: break
      }
      position = end
    }
  }

  /// Finds the next marker: skips whatever is none, as decoders do, and in scans data bytes and restarts.
  private static func marker(in content: [UInt8], from start: Int, inScan: Bool) -> (code: UInt8, end: Int)? {
    content.withUnsafeBufferPointer { bytes in
      var position = start
      while position + 1 < bytes.count {
        guard bytes[position] == 0xFF else {
          position += 1
          continue
        }
        let code = bytes[position + 1]
        if code == 0xFF {
          position += 1
        } else if code == 0 || (inScan && (0xD0...0xD7).contains(code)) {
          position += 2
        } else {
          return (code, position + 2)
        }
      }
      return nil
    }
  }
}
