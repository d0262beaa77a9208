import CSPNG

/// The stored samples of a PNG, one value per sample, before they are turned into a picture or labels.
struct PNGSamples {
  /// What the samples of a pixel mean; the raw values are those of the file format.
  enum ColorType: UInt8 {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgbAlpha = 6

    /// Samples of one pixel.
    var channels: Int {
      switch self {
      case .grey, .palette: 1
      case .greyAlpha: 2
      case .rgb: 3
      case .rgbAlpha: 4
      }
    }
  }

  let width: Int
  let height: Int
  let colorType: ColorType
  /// Bits of a sample: 1, 2, 4, 8 or 16.
  let bitDepth: Int
  /// The samples as stored: 0 to 2^bitDepth - 1, not scaled.
  ///
  /// - Shape: `[height, width, channels]` UInt8 up to 8 bits; for 16 bits two bytes each in the order of the machine.
  let bytes: [UInt8]
  /// Red, green, blue of each palette entry; empty without a palette.
  let palette: [(UInt8, UInt8, UInt8)]
  /// How the picture must be turned.
  let orientation: ExifOrientation
}

/// Decodes PNG through libspng: all colour types, 1 to 16 bits, interlaced or not.
///
/// Every checksum up to the end of the picture data counts, also those of chunks that are not needed. What follows the
/// picture data cannot spoil it: damage there costs only EXIF data that stands behind it. Gamma, profiles and
/// transparency are left alone. EXIF data counts in `eXIf` chunks, not in text chunks.
enum PNGDecoder {
  /// The most bytes that texts and profiles may take, 64 MiB; they can be compressed a thousandfold.
  static let chunkLimit = 1 << 26

  /// Decodes and turns upright.
  ///
  /// Greys of fewer than 8 bits are stretched to 0 to 255. Of 16 bits the upper 8 remain. Alpha is dropped. A palette
  /// index without entry is black.
  static func decode(_ content: [UInt8], pixelLimit: Int) throws(VisionError) -> Picture {
    let stored = try decodeSamples(content, pixelLimit: pixelLimit)
    let pixels = stored.width * stored.height
    let layout: Picture.Layout
    let samples: [UInt8]
    switch stored.colorType {
    case .palette:
      layout = .rgb
      samples = resolve(stored.bytes, palette: stored.palette)
    case .grey where stored.bitDepth < 8:
      layout = .grey
      // 255 / (2^depth - 1) is whole for 1, 2 and 4 bits.
      let factor = 255 / UInt8(1 << stored.bitDepth - 1)
      samples = stored.bytes.map { $0 * factor }
    case .grey, .greyAlpha, .rgb, .rgbAlpha:
      layout = stored.colorType == .grey || stored.colorType == .greyAlpha ? .grey : .rgb
      samples = pick(
        layout.rawValue, of: stored.colorType.channels, pixels: pixels, bytesPerSample: stored.bitDepth / 8,
        from: stored.bytes)
    }
    return Picture(width: stored.width, height: stored.height, layout: layout, samples: samples)
      .turned(by: stored.orientation)
  }

  /// Decodes the samples as they are stored.
  static func decodeSamples(_ content: [UInt8], pixelLimit: Int) throws(VisionError) -> PNGSamples {
    let decoded: Result<PNGSamples, VisionError> = content.withUnsafeBufferPointer { bytes in
      Result { () throws(VisionError) -> PNGSamples in
        let context = try SPNGContext(flags: 0)
        return try context.decode(bytes, pixelLimit: pixelLimit)
      }
    }
    return try decoded.get()
  }

  private static func resolve(_ indices: [UInt8], palette: [(UInt8, UInt8, UInt8)]) -> [UInt8] {
    // Full table: every index that a byte can hold has a colour.
    var table = [UInt8](repeating: 0, count: 256 * 3)
    for (index, color) in palette.enumerated() {
      (table[index * 3], table[index * 3 + 1], table[index * 3 + 2]) = color
    }
    return [UInt8](unsafeUninitializedCapacity: indices.count * 3) { target, count in
      var to = 0
      for index in indices {
        let from = Int(index) * 3
        target[to] = table[from]
        target[to + 1] = table[from + 1]
        target[to + 2] = table[from + 2]
        to += 3
      }
      count = to
    }
  }

  /// Takes the first samples of each pixel, and of 16-bit samples the upper byte.
  private static func pick(
    _ wanted: Int, of channels: Int, pixels: Int, bytesPerSample: Int, from bytes: [UInt8]
  ) -> [UInt8] {
    if wanted == channels, bytesPerSample == 1 { return bytes }
    // libspng gives 16-bit samples in the machine's order, and Swift runs on little endian machines only.
    let upper = bytesPerSample - 1
    return bytes.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: pixels * wanted) { target, count in
        var to = 0
        for pixel in 0..<pixels {
          let from = pixel * channels * bytesPerSample + upper
          for channel in 0..<wanted {
            target[to] = source[from + channel * bytesPerSample]
            to += 1
          }
        }
        count = to
      }
    }
  }
}

extension SPNGContext {
  fileprivate borrowing func decode(
    _ content: UnsafeBufferPointer<UInt8>, pixelLimit: Int
  ) throws(VisionError) -> PNGSamples {
    try check(spng_set_crc_action(raw, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_ERROR.rawValue)))
    try check(spng_set_chunk_limits(raw, PNGDecoder.chunkLimit, PNGDecoder.chunkLimit))
    try check(spng_set_png_buffer(raw, content.baseAddress, content.count))
    var header = spng_ihdr()
    try check(spng_get_ihdr(raw, &header))
    let (width, height, depth) = (Int(header.width), Int(header.height), Int(header.bit_depth))
    try Picture.checkSize(width: width, height: height, pixelLimit: pixelLimit)
    guard let colorType = PNGSamples.ColorType(rawValue: header.color_type) else {
      throw VisionError(.damaged, "is a PNG of colour type \(header.color_type), expected 0, 2, 3, 4 or 6")
    }
    var byteCount = 0
    let format = Int32(SPNG_FMT_PNG.rawValue)
    try check(spng_decoded_image_size(raw, format, &byteCount))
    let rowByteCount = (width * colorType.channels * depth + 7) / 8
    guard byteCount == rowByteCount * height else {
      throw VisionError(.damaged, "is a PNG of \(byteCount) bytes, expected \(rowByteCount * height)")
    }
    // EXIF data may stand before the picture data or behind it.
    var orientation = try self.orientation
    var status: Int32 = 0
    // libspng 0.7.3 sets the bits of interlaced samples of fewer than 8 bits by or, so the buffer must begin as 0.
    var bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
      target.initialize(repeating: 0)
      status = spng_decode_image(raw, target.baseAddress, byteCount, format, 0)
      count = status == 0 ? byteCount : 0
    }
    try check(status)
    if depth < 8 { bytes = Self.unpack(bytes, width: width, height: height, depth: depth) }

    var palette = [(UInt8, UInt8, UInt8)]()
    if colorType == .palette {
      var stored = spng_plte()
      try check(spng_get_plte(raw, &stored))
      withUnsafeBytes(of: &stored.entries) { entries in
        // An entry is red, green, blue and one byte for the library's own use.
        for index in 0..<min(256, Int(stored.n_entries)) {
          palette.append((entries[index * 4], entries[index * 4 + 1], entries[index * 4 + 2]))
        }
      }
    }
    if orientation == nil, spng_decode_chunks(raw) == 0 { orientation = try self.orientation }
    return PNGSamples(
      width: width, height: height, colorType: colorType, bitDepth: depth, bytes: bytes, palette: palette,
      orientation: orientation ?? .upright)
  }

  /// The orientation that the chunks read so far tell; damage in other chunks shows here first.
  private var orientation: ExifOrientation? {
    get throws(VisionError) {
      var exif = spng_exif()
      let status = spng_get_exif(raw, &exif)
      if status == Int32(SPNG_ECHUNKAVAIL.rawValue) { return nil }
      try check(status)
      guard let data = exif.data else { return nil }
      return ExifOrientation(inExif: Array(UnsafeRawBufferPointer(start: data, count: exif.length)))
    }
  }

  /// Gives each sample of 1, 2 or 4 bits its own byte; rows begin at whole bytes, the first sample in the top bits.
  private static func unpack(_ packed: [UInt8], width: Int, height: Int, depth: Int) -> [UInt8] {
    let rowByteCount = (width * depth + 7) / 8
    let mask = UInt8(1 << depth - 1)
    return packed.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: width * height) { target, count in
        var to = 0
        for y in 0..<height {
          for x in 0..<width {
            let bit = x * depth
            target[to] = source[y * rowByteCount + bit / 8] >> UInt8(8 - depth - bit % 8) & mask
            to += 1
          }
        }
        count = to
      }
    }
  }
}
