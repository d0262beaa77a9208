import CSPNG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Encodes PNG through libspng: 8 bits of grey, colour or palette index, not interlaced.
enum PNGEncoder {
  /// Encodes samples; the same samples give the same bytes.
  ///
  /// - Precondition: As many samples as size and colour type ask for; a palette of 1 to 256 colours with indices.
  static func encode(
    width: Int, height: Int, colorType: PNGSamples.ColorType, samples: [UInt8], palette: [Color] = []
  ) throws(VisionError) -> [UInt8] {
    precondition(
      samples.count == width * height * colorType.channels,
      "\(samples.count) samples for"
        + " \(width)x\(height)")
    precondition(colorType != .palette || (1...256).contains(palette.count), "palette of \(palette.count) colours")
    guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
      throw VisionError(.tooLarge, "\(width)x\(height) pixels are more than a PNG holds")
    }
    let context = try SPNGContext(flags: Int32(SPNG_CTX_ENCODER.rawValue))
    var header = spng_ihdr()
    (header.width, header.height) = (width, height)
    (header.bit_depth, header.color_type) = (8, colorType.rawValue)
    try context.checkEncoding(spng_set_option(context.raw, SPNG_ENCODE_TO_BUFFER, 1))
    // Overlays are written by the hundred. Measured on four overlays of 512x512: 13 ms each at this level with the one
    // filter, 155 ms with libspng's defaults, for files a quarter larger. Labels pack best unfiltered.
    let filter = colorType == .palette ? SPNG_DISABLE_FILTERING : SPNG_FILTER_CHOICE_UP
    try context.checkEncoding(spng_set_option(context.raw, SPNG_IMG_COMPRESSION_LEVEL, 2))
    try context.checkEncoding(spng_set_option(context.raw, SPNG_FILTER_CHOICE, Int32(filter.rawValue)))
    try context.checkEncoding(spng_set_ihdr(context.raw, &header))
    if colorType == .palette {
      var table = spng_plte()
      table.n_entries = UInt32(palette.count)
      withUnsafeMutableBytes(of: &table.entries) { entries in
        for (index, color) in palette.enumerated() {
          entries[index * 4] = color.red
          entries[index * 4 + 1] = color.green
          entries[index * 4 + 2] = color.blue
        }
      }
      try context.checkEncoding(spng_set_plte(context.raw, &table))
    }
    let status = samples.withUnsafeBytes {
      spng_encode_image(
        context.raw, $0.baseAddress, $0.count, Int32(SPNG_FMT_PNG.rawValue), Int32(SPNG_ENCODE_FINALIZE.rawValue))
    }
    try context.checkEncoding(status)
    var byteCount = 0
    var problem: Int32 = 0
    guard let encoded = spng_get_png_buffer(context.raw, &byteCount, &problem) else {
      try context.checkEncoding(problem)
      throw VisionError(.cannotWrite, "cannot encode a PNG: no result")
    }
    defer { free(encoded) }
    return Array(UnsafeRawBufferPointer(start: encoded, count: byteCount))
  }
}

extension SPNGContext {
  fileprivate func checkEncoding(_ status: Int32) throws(VisionError) {
    guard status != 0 else { return }
    let reason = spng_strerror(status).map { String(cString: $0) } ?? "error \(status)"
    throw VisionError(.cannotWrite, "cannot encode a PNG of this picture: \(reason)")
  }
}

extension Picture {
  /// The picture as a PNG file.
  package func encodedAsPNG() throws(VisionError) -> [UInt8] {
    try PNGEncoder.encode(width: width, height: height, colorType: layout == .grey ? .grey : .rgb, samples: samples)
  }

  /// Writes the picture as a PNG file; the file appears complete or not at all.
  ///
  /// - Throws: `cannotWrite`.
  package func writePNG(to path: String) throws(VisionError) {
    let content: [UInt8]
    do { content = try encodedAsPNG() } catch { throw error.inFile(path) }
    try FileContent.write(content, to: path)
  }
}
