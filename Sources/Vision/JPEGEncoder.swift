import CTurboJPEG

/// Encodes JPEG through TurboJPEG, without subsampling of colours: edges of labels stay where they are.
package enum JPEGEncoder {
  /// Encodes a picture.
  ///
  /// - Parameter quality: 1 to 100.
  /// - Throws: `cannotWrite`, `tooLarge`.
  package static func encode(_ picture: Picture, quality: Int) throws(VisionError) -> [UInt8] {
    precondition((1...100).contains(quality), "a JPEG of quality \(quality)")
    // The format holds no more.
    guard picture.width <= 65_500, picture.height <= 65_500 else {
      throw VisionError(.tooLarge, "\(picture.width)x\(picture.height) pixels are more than a JPEG holds")
    }
    guard let raw = tjInitCompress() else {
      throw VisionError(.cannotWrite, "the JPEG encoder cannot be started: out of memory")
    }
    defer { tjDestroy(raw) }
    var encoded: UnsafeMutablePointer<UInt8>?
    var byteCount: UInt = 0
    let (format, subsampling) = picture.layout == .grey ? (TJPF_GRAY, TJSAMP_GRAY) : (TJPF_RGB, TJSAMP_444)
    let status = picture.samples.withUnsafeBufferPointer {
      tjCompress2(
        raw, $0.baseAddress, Int32(picture.width), 0, Int32(picture.height), Int32(format.rawValue), &encoded,
        &byteCount,
        Int32(subsampling.rawValue), Int32(quality), 0)
    }
    defer { tjFree(encoded) }
    guard status == 0, let encoded else {
      let message = tjGetErrorStr2(raw).map { String(cString: $0) } ?? "unknown error"
      throw VisionError(.cannotWrite, "cannot encode a JPEG of \(picture.width)x\(picture.height) pixels: \(message)")
    }
    return Array(UnsafeBufferPointer(start: encoded, count: Int(byteCount)))
  }
}
