import Tensors

/// A file that a model can be run on: a picture, or an array of one or more frames.
package enum InputFile: Equatable, Sendable {
  /// A JPEG or PNG picture.
  case picture(Picture)
  /// A NumPy array.
  case array(NumpyArray)

  /// What stands for a file until one is read.
  package static let nothing = InputFile.array(NumpyArray(element: .uint8, shape: Shape([0]), bytes: []))

  /// Reads a JPEG, PNG or NPY file; the content tells which.
  ///
  /// - Throws: `cannotRead`, `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the file.
  package init(contentsOf path: String) throws(VisionError) {
    self = .nothing
    try FileReader().read(path, into: &self)
  }

  /// Decodes the content of a JPEG, PNG or NPY file.
  package init(decoding content: [UInt8], path: String? = nil) throws(VisionError) {
    self = .nothing
    try FileReader().decode(content, path: path, into: &self)
  }

  /// Puts another picture into the memory of the one that it is; of an array's, none is used.
  mutating func refillPicture(_ fill: (inout Picture) throws(VisionError) -> Void) throws(VisionError) {
    var picture = Picture.onePixel
    if case .picture(let found) = self { picture = found }
    // The memory must have one owner to be used again.
    self = .nothing
    try fill(&picture)
    self = .picture(picture)
  }

  /// Puts another array into the memory of the one that it is; of a picture's, none is used.
  mutating func refillArray(_ fill: (inout NumpyArray) throws(VisionError) -> Void) throws(VisionError) {
    guard case .array(var array) = self else {
      self = .nothing
      return try refillArray(fill)
    }
    self = .nothing
    try fill(&array)
    self = .array(array)
  }

  /// The bytes that its elements take.
  package var byteCount: Int {
    switch self {
    case .picture(let picture): picture.samples.count
    case .array(let array): array.bytes.count
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
