import CTurboJPEG

/// Decodes JPEG through TurboJPEG: baseline, extended and progressive; grey, YCbCr, RGB, CMYK and YCCK.
///
/// Warnings of the library are of two kinds. Stray bytes, bad codes and markers in the wrong place leave a picture
/// that is mostly right, and are accepted, as libjpeg's own programs and Pillow do. A stream that ends too early is
/// refused.
///
/// Keeps its memory from one file to the next; for one thread at a time. The library itself takes some for each picture.
final class JPEGDecoder {
  /// The most passes over a picture that a progressive file may ask for, in pixels times scans.
  ///
  /// Real files have about ten scans; a small file with hundreds of empty ones would keep the decoder busy for minutes.
  static let workLimit = 2_000_000_000

  /// The last picture of four samples a pixel, whose memory the next one gets.
  var inks: [UInt8] = []

  /// Decodes and turns upright.
  func decode(_ content: [UInt8], pixelLimit: Int, into picture: inout Picture) throws(VisionError) {
    let structure = JPEGStructure(of: content)
    // A handle for each file: tables of one picture would stand in for those that another one lacks.
    let decompressor = try TurboDecompressor()
    let header = try decompressor.readHeader(content)
    try Picture.checkSize(width: header.width, height: header.height, pixelLimit: pixelLimit)
    if let marker = structure.reservedMarker {
      throw VisionError(.damaged, "is a JPEG with the reserved marker \(marker) in its header")
    }
    guard structure.isComplete else {
      throw VisionError(
        .damaged,
        "is a JPEG of \(header.width)x\(header.height) pixels that ends before its"
          + " picture data does")
    }
    let work = header.width * header.height
    guard structure.scanCount <= max(1, JPEGDecoder.workLimit / work) else {
      throw VisionError(
        .tooLarge,
        "is a JPEG of \(header.width)x\(header.height) pixels in \(structure.scanCount) scans, beyond"
          + " the limit")
    }
    try decompressor.decode(content, header: header, into: &picture, &inks)
    guard let exif = structure.exif else { return }
    let orientation = ExifOrientation(inExif: content[exif])
    if orientation != .upright { picture = picture.turned(by: orientation) }
  }
}

/// The library's handle, with one owner.
private struct TurboDecompressor: ~Copyable {
  private let raw: tjhandle

  /// What the header says.
  struct Header {
    let width: Int
    let height: Int
    let colorspace: TJCS
  }

  init() throws(VisionError) {
    guard let raw = tjInitDecompress() else {
      throw VisionError(.cannotRead, "the JPEG decoder cannot be started: out of memory")
    }
    self.raw = raw
  }

  deinit { tjDestroy(raw) }

  func readHeader(_ content: [UInt8]) throws(VisionError) -> Header {
    var (width, height, subsampling, colorspace): (Int32, Int32, Int32, Int32) = (0, 0, -1, -1)
    let status = content.withUnsafeBufferPointer {
      tjDecompressHeader3(raw, $0.baseAddress, UInt($0.count), &width, &height, &subsampling, &colorspace)
    }
    // The call fails for sampling factors that it has no name for; the decoder itself can do them. It fails on
    // warnings too. What counts is that the size is known; decoding meets anything worse again.
    if status != 0, width == 0 || height == 0 || colorspace < 0 {
      throw VisionError(.damaged, "is not a readable JPEG: \(message)")
    }
    return Header(width: Int(width), height: Int(height), colorspace: TJCS(UInt32(bitPattern: colorspace)))
  }

  func decode(
    _ content: [UInt8], header: Header, into picture: inout Picture, _ inks: inout [UInt8]
  ) throws(VisionError) {
    let (width, height) = (header.width, header.height)
    let status: Int32
    switch header.colorspace {
    case TJCS_GRAY:
      status = picture.refill(width: width, height: height, layout: .grey) { decode(content, header, TJPF_GRAY, $0) }
    case TJCS_RGB, TJCS_YCbCr:
      status = picture.refill(width: width, height: height, layout: .rgb) { decode(content, header, TJPF_RGB, $0) }
    case TJCS_CMYK, TJCS_YCCK:
      inks.resize(to: width * height * 4, filler: 0)
      status = inks.withUnsafeMutableBufferPointer { decode(content, header, TJPF_CMYK, $0) }
    default:
      throw VisionError(
        .unsupported,
        "is a JPEG of colour space \(header.colorspace.rawValue), expected grey,"
          + " YCbCr, RGB, CMYK or YCCK")
    }
    if status != 0, !isHarmless { throw VisionError(.damaged, "is a JPEG that cannot be decoded: \(message)") }
    if header.colorspace == TJCS_CMYK || header.colorspace == TJCS_YCCK {
      picture.refill(width: width, height: height, layout: .rgb) { target in
        inks.withUnsafeBufferPointer { TurboDecompressor.turnIntoRGB(invertedCMYK: $0, into: target) }
      }
    }
  }

  private func decode(
    _ content: [UInt8], _ header: Header, _ format: TJPF, _ target: UnsafeMutableBufferPointer<UInt8>
  ) -> Int32 {
    // Rows that a corrupt stream never reaches must not show old memory.
    target.update(repeating: 0)
    return content.withUnsafeBufferPointer { source in
      tjDecompress2(
        raw, source.baseAddress, UInt(source.count), target.baseAddress, Int32(header.width), 0, Int32(header.height),
        Int32(format.rawValue), TJFLAG_LIMITSCANS)
    }
  }

  /// Whether the last failure was a warning that leaves a picture.
  ///
  /// The library's error code does not tell: it stays at "warning" when an error follows one. The messages do; they
  /// are the ones of libjpeg's warnings (jerror.h) except for the one about a premature end.
  private var isHarmless: Bool {
    let warnings = [
      "Corrupt JPEG data", "Inconsistent progression sequence", "Unknown Adobe color transform code",
      "Warning: unknown JFIF revision", "Invalid SOS parameters for sequential JPEG",
    ]
    return tjGetErrorCode(raw) == Int32(TJERR_WARNING.rawValue) && warnings.contains { message.hasPrefix($0) }
  }

  private var message: String {
    guard let text = tjGetErrorStr2(raw) else { return "unknown error" }
    return String(cString: text)
  }

  /// Turns CMYK into RGB.
  ///
  /// Adobe's programs store inverted values, 255 for no ink, and everyone followed: files without Adobe's marker are
  /// read so too, as Pillow and browsers do. Red is then paper white times what cyan and black leave of it.
  private static func turnIntoRGB(
    invertedCMYK source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    var (from, to) = (0, 0)
    while from < source.count {
      let black = UInt32(source[from + 3])
      for channel in 0..<3 {
        // Dividing by 255 with rounding, without a division.
        let product = UInt32(source[from + channel]) * black + 128
        target[to + channel] = UInt8(truncatingIfNeeded: (product + product >> 8) >> 8)
      }
      from += 4
      to += 3
    }
  }
}
