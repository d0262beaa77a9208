/// Reads pictures and arrays, one file after another, into memory that is used again; for one thread at a time.
package final class FileReader {
  /// The most bytes of each buffer that are kept for the next file.
  package static let mostKept = 1 << 24

  private var content: [UInt8] = []
  private let png = PNGDecoder()
  private let jpeg = JPEGDecoder()
  private let numpy = NumpyDecoder()

  /// Makes a reader without memory.
  package init() {}

  /// Reads a JPEG, PNG or NPY file; the content tells which.
  ///
  /// - Parameter file: What was read before gives its memory, if it is of the same kind; nothing where this throws.
  /// - Throws: `cannotRead`, `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the file.
  package func read(_ path: String, into file: inout InputFile) throws(VisionError) {
    defer { forgetMuch() }
    try FileContent.read(path, into: &content)
    try decode(content, path: path, into: &file)
  }

  /// Reads a JPEG or PNG file, turned upright as its EXIF orientation says.
  ///
  /// - Parameter picture: Gives its memory; it may hold any pixels where this throws.
  /// - Throws: As for a file that may be an array.
  package func read(
    _ path: String, into picture: inout Picture, pixelLimit: Int = Picture.pixelLimit
  ) throws(VisionError) {
    defer { forgetMuch() }
    try FileContent.read(path, into: &content)
    try decode(content, path: path, into: &picture, pixelLimit: pixelLimit)
  }

  /// Decodes the content of a JPEG, PNG or NPY file.
  func decode(_ content: [UInt8], path: String?, into file: inout InputFile) throws(VisionError) {
    switch FileFormat(of: content) {
    case .numpy:
      try file.refillArray { array throws(VisionError) in
        do throws(VisionError) { try numpy.decode(content, into: &array) } catch { throw error.inFile(path) }
      }
    case .jpeg, .png:
      try file.refillPicture { picture throws(VisionError) in
        try decode(content, path: path, into: &picture, pixelLimit: Picture.pixelLimit)
      }
    case nil:
      let beginning = FileFormat.beginning(of: content)
      throw VisionError(.unknownFormat, "is not a JPEG, PNG or NPY file: it begins with \(beginning)", path: path)
    }
  }

  /// Decodes a picture.
  ///
  /// Colour comes out as stored, without gamma or profiles. Alpha is dropped, palettes are resolved, CMYK becomes
  /// RGB, and of 16 bits the upper 8 remain.
  func decode(
    _ content: [UInt8], path: String?, into picture: inout Picture, pixelLimit: Int
  ) throws(VisionError) {
    do throws(VisionError) {
      switch FileFormat(of: content) {
      case .jpeg: try jpeg.decode(content, pixelLimit: pixelLimit, into: &picture)
      case .png: try png.decode(content, pixelLimit: pixelLimit, into: &picture)
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

  /// The bytes that are kept for the next file.
  package var keptByteCount: Int {
    content.capacity + png.stored.keptByteCount + png.memory.waitingByteCount + jpeg.inks.capacity
  }

  private func forgetMuch() {
    if content.capacity > FileReader.mostKept { content = [] }
    if png.stored.keptByteCount > FileReader.mostKept { png.stored = PNGSamples() }
    if jpeg.inks.capacity > FileReader.mostKept { jpeg.inks = [] }
  }
}
