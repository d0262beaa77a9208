/// A file that a model can be run on: a picture, or an array of one or more frames.
package enum InputFile: Sendable {
  /// A JPEG or PNG picture.
  case picture(Picture)
  /// A NumPy array.
  case array(NumpyArray)

  /// Reads a JPEG, PNG or NPY file; the content tells which.
  ///
  /// - Throws: `cannotRead`, `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the file.
  package init(contentsOf path: String) throws(VisionError) {
    self = try InputFile(decoding: FileContent.read(path), path: path)
  }

  /// Decodes the content of a JPEG, PNG or NPY file.
  package init(decoding content: [UInt8], path: String? = nil) throws(VisionError) {
    switch FileFormat(of: content) {
    case .numpy: self = .array(try NumpyArray(decoding: content, path: path))
    case .jpeg, .png: self = .picture(try Picture(decoding: content, path: path))
    case nil:
      let beginning = FileFormat.beginning(of: content)
      throw VisionError(.unknownFormat, "is not a JPEG, PNG or NPY file: it begins with \(beginning)", path: path)
    }
  }

  /// Whether a file's name ends as those of files that can be read; for choosing files of a folder.
  package static func hasKnownExtension(_ path: String) -> Bool {
    let name = path.lowercased()
    return [".jpg", ".jpeg", ".png", ".npy"].contains { name.hasSuffix($0) }
  }
}

extension Preprocessor {
  /// The frames that an input gives.
  ///
  /// - Throws: `mismatch` where an array does not fit.
  package func frameCount(of input: InputFile) throws(VisionError) -> Int {
    switch input {
    case .picture: 1
    case .array(let array): try plan(for: array).frameCount
    }
  }

  /// Fills a frame of the model's input from a frame of a file.
  ///
  /// - Throws: `mismatch` where it does not fit.
  package func fill(
    _ buffer: UnsafeMutableBufferPointer<Int8>, from input: InputFile, frame: Int = 0
  ) throws(VisionError) -> ConversionReport {
    switch input {
    case .picture(let picture): try fill(buffer, from: picture)
    case .array(let array): try fill(buffer, from: array, frame: frame)
    }
  }
}
