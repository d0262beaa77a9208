extension Picture {
  /// Reads and decodes a picture file, JPEG or PNG by content, turned upright as its EXIF orientation says.
  ///
  /// - Throws: `cannotRead`, or as decoding bytes does.
  package init(contentsOf path: String, pixelLimit: Int = Picture.pixelLimit) throws(VisionError) {
    let content = try FileContent.read(path)
    self = try Picture(decoding: content, path: path, pixelLimit: pixelLimit)
  }

  /// Decodes a picture, JPEG or PNG by content, turned upright as its EXIF orientation says.
  ///
  /// Colour comes out as stored, without gamma or profiles. Alpha is dropped, palettes are resolved, CMYK becomes
  /// RGB, and of 16 bits the upper 8 remain.
  ///
  /// - Throws: `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the file where it is known.
  package init(
    decoding content: [UInt8], path: String? = nil, pixelLimit: Int = Picture.pixelLimit
  ) throws(VisionError) {
    do throws(VisionError) {
      switch FileFormat(of: content) {
      case .jpeg: self = try JPEGDecoder.decode(content, pixelLimit: pixelLimit)
      case .png: self = try PNGDecoder.decode(content, pixelLimit: pixelLimit)
      case .numpy:
        throw VisionError(.unknownFormat, "is a NumPy array, expected a JPEG or PNG picture")
      case nil:
        throw VisionError(
          .unknownFormat,
          "is not a JPEG or PNG picture: it begins with"
            + " \(FileFormat.beginning(of: content))")
      }
    } catch {
      throw error.inFile(path)
    }
  }
}
