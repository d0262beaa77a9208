extension Picture {
  /// Reads and decodes a picture file, JPEG or PNG by content, turned upright as its EXIF orientation says.
  ///
  /// - Throws: `cannotRead`, or as decoding bytes does.
  package init(contentsOf path: String, pixelLimit: Int = Picture.pixelLimit) throws(VisionError) {
    self = .onePixel
    try FileReader().read(path, into: &self, pixelLimit: pixelLimit)
  }

  /// Decodes a picture, JPEG or PNG by content, turned upright as its EXIF orientation says.
  ///
  /// - Throws: `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the file where it is known.
  package init(
    decoding content: [UInt8], path: String? = nil, pixelLimit: Int = Picture.pixelLimit
  ) throws(VisionError) {
    self = .onePixel
    try FileReader().decode(content, path: path, into: &self, pixelLimit: pixelLimit)
  }

  /// What stands for a picture until there is one.
  package static let onePixel = Picture(width: 1, height: 1, layout: .grey, samples: [0])
}
