import CSPNG

/// Encodes PNG through libspng: 8 bits of grey, colour or palette index, not interlaced.
enum PNGEncoder {
  /// Encodes samples; the same samples give the same bytes.
  ///
  /// - Parameters:
  ///   - palette: The colours of indices, for as many as occur at least.
  ///   - body: Gets the file.
  /// - Precondition: As many samples as size and colour type ask for.
  static func withEncoded<R>(
    width: Int, height: Int, colorType: PNGSamples.ColorType, samples: [UInt8], palette: Palette? = nil,
    memory: PNGMemory, _ body: (UnsafeRawBufferPointer) throws(VisionError) -> R
  ) throws(VisionError) -> R {
    precondition(
      samples.count == width * height * colorType.channels, "\(samples.count) samples for \(width)x\(height)")
    guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
      throw VisionError(.tooLarge, "\(width)x\(height) pixels are more than a PNG holds")
    }
    return try memory.withContext(flags: Int32(SPNG_CTX_ENCODER.rawValue)) {
      (context: borrowing SPNGContext) throws(VisionError) -> R in
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
      if let palette { try context.setPalette(palette, indices: samples) }
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
      // The library has let go of it.
      defer { memory.giveBack(encoded) }
      return try body(UnsafeRawBufferPointer(start: encoded, count: byteCount))
    }
  }
}

extension SPNGContext {
  fileprivate func checkEncoding(_ status: Int32) throws(VisionError) {
    guard status != 0 else { return }
    let reason = spng_strerror(status).map { String(cString: $0) } ?? "error \(status)"
    throw VisionError(.cannotWrite, "cannot encode a PNG of this picture: \(reason)")
  }

  /// Sets the colours of a palette, at least so many that every index has an entry.
  fileprivate func setPalette(_ palette: Palette, indices: [UInt8]) throws(VisionError) {
    let count = max(palette.colors.count, Int(indices.max() ?? 0) + 1)
    var table = spng_plte()
    table.n_entries = UInt32(count)
    withUnsafeMutableBytes(of: &table.entries) { entries in
      for index in 0..<count {
        let color = palette.color(of: UInt8(index))
        entries[index * 4] = color.red
        entries[index * 4 + 1] = color.green
        entries[index * 4 + 2] = color.blue
      }
    }
    try checkEncoding(spng_set_plte(raw, &table))
  }
}

extension Picture {
  /// The picture as a PNG file.
  package func encodedAsPNG() throws(VisionError) -> [UInt8] {
    try PNGEncoder.withEncoded(
      width: width, height: height, colorType: layout == .grey ? .grey : .rgb, samples: samples, memory: PNGMemory()
    ) { Array($0) }
  }

  /// Writes the picture as a PNG file; the file appears complete or not at all.
  ///
  /// - Throws: `cannotWrite`.
  package func writePNG(to path: String) throws(VisionError) { try FileWriter().writePNG(self, to: path) }
}
