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

  private(set) var width = 0
  private(set) var height = 0
  private(set) var colorType = ColorType.grey
  /// Bits of a sample: 1, 2, 4, 8 or 16.
  private(set) var bitDepth = 8
  /// The samples as stored: 0 to 2^bitDepth - 1, not scaled.
  ///
  /// - Shape: `[height, width, channels]` UInt8 up to 8 bits; for 16 bits two bytes each in the order of the machine.
  var bytes: [UInt8] = []
  /// Red, green, blue of every index that a byte can hold; black where the palette has no entry.
  private(set) var palette: [UInt8] = []
  /// How the picture must be turned.
  private(set) var orientation = ExifOrientation.upright
  /// Samples of fewer than 8 bits, before each has its own byte.
  private var packed: [UInt8] = []

  /// The bytes that all of it takes.
  var keptByteCount: Int { bytes.capacity + palette.capacity + packed.capacity }
}

extension PNGSamples {
  /// Reads a file, in the memory that the samples have.
  mutating func read(
    _ content: UnsafeBufferPointer<UInt8>, _ context: borrowing SPNGContext, pixelLimit: Int
  ) throws(VisionError) {
    let raw = context.raw
    try context.check(spng_set_crc_action(raw, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_ERROR.rawValue)))
    try context.check(spng_set_chunk_limits(raw, PNGDecoder.chunkLimit, PNGDecoder.chunkLimit))
    try context.check(spng_set_png_buffer(raw, content.baseAddress, content.count))
    var header = spng_ihdr()
    try context.check(spng_get_ihdr(raw, &header))
    (width, height, bitDepth) = (Int(header.width), Int(header.height), Int(header.bit_depth))
    try Picture.checkSize(width: width, height: height, pixelLimit: pixelLimit)
    guard let type = ColorType(rawValue: header.color_type) else {
      throw VisionError(.damaged, "is a PNG of colour type \(header.color_type), expected 0, 2, 3, 4 or 6")
    }
    colorType = type
    var byteCount = 0
    let format = Int32(SPNG_FMT_PNG.rawValue)
    try context.check(spng_decoded_image_size(raw, format, &byteCount))
    let rowByteCount = (width * type.channels * bitDepth + 7) / 8
    guard byteCount == rowByteCount * height else {
      throw VisionError(.damaged, "is a PNG of \(byteCount) bytes, expected \(rowByteCount * height)")
    }
    // EXIF data may stand before the picture data or behind it.
    var found = try context.orientation
    if bitDepth < 8 {
      try context.decodeImage(into: &packed, byteCount: byteCount, format: format)
      unpack()
    } else {
      try context.decodeImage(into: &bytes, byteCount: byteCount, format: format)
    }
    if type == .palette { try readPalette(context) }
    if found == nil, spng_decode_chunks(raw) == 0 { found = try context.orientation }
    orientation = found ?? .upright
  }

  private mutating func readPalette(_ context: borrowing SPNGContext) throws(VisionError) {
    palette.resize(to: 256 * 3, filler: 0)
    for index in palette.indices { palette[index] = 0 }
    var table = spng_plte()
    try context.check(spng_get_plte(context.raw, &table))
    withUnsafeBytes(of: &table.entries) { entries in
      // An entry is red, green, blue and one byte for the library's own use.
      for index in 0..<min(256, Int(table.n_entries)) {
        for channel in 0..<3 { palette[index * 3 + channel] = entries[index * 4 + channel] }
      }
    }
  }

  /// Gives each sample of 1, 2 or 4 bits its own byte; rows begin at whole bytes, the first sample in the top bits.
  private mutating func unpack() {
    bytes.resize(to: width * height, filler: 0)
    let (width, depth) = (width, bitDepth)
    let rowByteCount = (width * depth + 7) / 8
    let mask = UInt8(1 << depth - 1)
    var to = 0
    for y in 0..<height {
      for x in 0..<width {
        let bit = x * depth
        bytes[to] = packed[y * rowByteCount + bit / 8] >> UInt8(8 - depth - bit % 8) & mask
        to += 1
      }
    }
  }
}

extension SPNGContext {
  /// Decodes the picture data into the memory of an array.
  fileprivate borrowing func decodeImage(
    into bytes: inout [UInt8], byteCount: Int, format: Int32
  ) throws(VisionError) {
    bytes.resize(to: byteCount, filler: 0)
    let status = bytes.withUnsafeMutableBufferPointer { target in
      // libspng 0.7.3 sets the bits of interlaced samples of fewer than 8 bits by or, so they must begin as 0.
      target.update(repeating: 0)
      return spng_decode_image(raw, target.baseAddress, target.count, format, 0)
    }
    try check(status)
  }

  /// The orientation that the chunks read so far tell; damage in other chunks shows here first.
  fileprivate var orientation: ExifOrientation? {
    get throws(VisionError) {
      var exif = spng_exif()
      let status = spng_get_exif(raw, &exif)
      if status == Int32(SPNG_ECHUNKAVAIL.rawValue) { return nil }
      try check(status)
      guard let data = exif.data else { return nil }
      return ExifOrientation(inExif: Array(UnsafeRawBufferPointer(start: data, count: exif.length)))
    }
  }
}
