/// Decodes PNG through libspng: all colour types, 1 to 16 bits, interlaced or not.
///
/// Every checksum up to the end of the picture data counts, also those of chunks that are not needed. What follows the
/// picture data cannot spoil it: damage there costs only EXIF data that stands behind it. Gamma, profiles and
/// transparency are left alone. EXIF data counts in `eXIf` chunks, not in text chunks.
///
/// Keeps its memory from one file to the next; for one thread at a time.
final class PNGDecoder {
  /// The most bytes that texts and profiles may take, 64 MiB; they can be compressed a thousandfold.
  static let chunkLimit = 1 << 26

  let memory = PNGMemory()
  /// The file last read, whose memory the next one gets; where a picture took its samples, those of an older picture.
  var stored = PNGSamples()

  /// Decodes and turns upright.
  ///
  /// Greys of fewer than 8 bits are stretched to 0 to 255. Of 16 bits the upper 8 remain. Alpha is dropped. A palette
  /// index without entry is black.
  func decode(_ content: [UInt8], pixelLimit: Int, into picture: inout Picture) throws(VisionError) {
    try readSamples(content, pixelLimit: pixelLimit)
    let (width, height, channels) = (stored.width, stored.height, stored.colorType.channels)
    let layout: Picture.Layout = channels <= 2 && stored.colorType != .palette ? .grey : .rgb
    switch stored.colorType {
    case .palette:
      picture.refill(width: width, height: height, layout: layout) { Self.resolve(stored, into: $0) }
    case .grey where stored.bitDepth < 8:
      // 255 / (2^depth - 1) is whole for 1, 2 and 4 bits.
      let factor = 255 / UInt8(1 << stored.bitDepth - 1)
      picture.refill(width: width, height: height, layout: layout) { Self.stretch(stored.bytes, by: factor, into: $0) }
    case .grey where stored.bitDepth == 8, .rgb where stored.bitDepth == 8:
      picture.exchange(width: width, height: height, layout: layout, samples: &stored.bytes)
    case .grey, .greyAlpha, .rgb, .rgbAlpha:
      picture.refill(width: width, height: height, layout: layout) { target in
        Self.pick(layout.rawValue, of: channels, bytesPerSample: stored.bitDepth / 8, from: stored.bytes, into: target)
      }
    }
    if stored.orientation != .upright { picture = picture.turned(by: stored.orientation) }
  }

  /// Decodes the samples as they are stored.
  func decodeSamples(_ content: [UInt8], pixelLimit: Int) throws(VisionError) -> PNGSamples {
    try readSamples(content, pixelLimit: pixelLimit)
    return stored
  }

  private func readSamples(_ content: [UInt8], pixelLimit: Int) throws(VisionError) {
    let decoded = content.withUnsafeBufferPointer { bytes in
      Result { () throws(VisionError) in
        try memory.withContext(flags: 0) { (context: borrowing SPNGContext) throws(VisionError) in
          try stored.read(bytes, context, pixelLimit: pixelLimit)
        }
      }
    }
    try decoded.get()
  }

  private static func stretch(_ bytes: [UInt8], by factor: UInt8, into target: UnsafeMutableBufferPointer<UInt8>) {
    for (index, byte) in bytes.enumerated() { target[index] = byte * factor }
  }

  private static func resolve(_ stored: PNGSamples, into target: UnsafeMutableBufferPointer<UInt8>) {
    var to = 0
    for index in stored.bytes {
      let from = Int(index) * 3
      target[to] = stored.palette[from]
      target[to + 1] = stored.palette[from + 1]
      target[to + 2] = stored.palette[from + 2]
      to += 3
    }
  }

  /// Takes the first samples of each pixel, and of 16-bit samples the upper byte.
  private static func pick(
    _ wanted: Int, of channels: Int, bytesPerSample: Int, from bytes: [UInt8],
    into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    // libspng gives 16-bit samples in the machine's order, and Swift runs on little endian machines only.
    let upper = bytesPerSample - 1
    bytes.withUnsafeBufferPointer { source in
      var to = 0
      for pixel in 0..<target.count / wanted {
        let from = pixel * channels * bytesPerSample + upper
        for channel in 0..<wanted {
          target[to] = source[from + channel * bytesPerSample]
          to += 1
        }
      }
    }
  }
}
