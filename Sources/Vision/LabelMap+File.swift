import Tensors

extension LabelMap {
  /// Reads labels from a file: a PNG of palette indices or greys, one sample a pixel, or an NPY array of integers.
  ///
  /// Samples count as stored, whatever their bits; no palette, gamma or orientation is applied.
  ///
  /// - Throws: `cannotRead`, `unknownFormat`, `damaged`, `unsupported`, or `mismatch` for labels beyond 255.
  package init(contentsOf path: String) throws(VisionError) {
    let content = try FileContent.read(path)
    self = try LabelMap(decoding: content, path: path)
  }

  /// Decodes labels from the content of a PNG or NPY file.
  package init(decoding content: [UInt8], path: String? = nil) throws(VisionError) {
    do throws(VisionError) {
      switch FileFormat(of: content) {
      case .png: self = try LabelMap(png: content)
      case .numpy: self = try LabelMap(NumpyArray(decoding: content))
      case .jpeg: throw VisionError(.unsupported, "is a JPEG, which blurs labels; expected a PNG or NPY label map")
      case nil:
        throw VisionError(
          .unknownFormat, "is not a PNG or NPY label map: it begins with \(FileFormat.beginning(of: content))")
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// Takes an array of integers of shape `[h, w]`, or with extents of 1 before or behind.
  ///
  /// - Throws: `mismatch` for another shape, floats, or numbers that are no label.
  package init(_ array: NumpyArray) throws(VisionError) {
    var extents = array.shape.dimensions
    while extents.count > 2, extents.first == 1 { extents.removeFirst() }
    if extents.count == 3, extents[2] == 1 { extents.removeLast() }
    guard extents.count == 2, array.shape.elementCount > 0 else {
      throw VisionError(.mismatch, "is an array of shape \(array.shape), expected a label map of shape [h, w]")
    }
    guard !array.element.isFloat else {
      throw VisionError(.mismatch, "is an array of \(array.element.rawValue), expected integer labels")
    }
    var labels = [UInt8]()
    labels.reserveCapacity(array.shape.elementCount)
    for value in array.floats {
      guard let label = UInt8(exactly: value) else {
        throw VisionError(.mismatch, "is a label map with the label \(value), expected 0 to 255")
      }
      labels.append(label)
    }
    self.init(width: extents[1], height: extents[0], labels: labels)
  }

  private init(png content: [UInt8]) throws(VisionError) {
    let stored = try PNGDecoder().decodeSamples(content, pixelLimit: Picture.pixelLimit)
    guard stored.colorType == .grey || stored.colorType == .palette else {
      throw VisionError(
        .unsupported,
        "is a PNG with \(stored.colorType.channels) samples a pixel, expected a label map with one:"
          + " palette or grey")
    }
    guard stored.bitDepth == 16 else {
      self.init(width: stored.width, height: stored.height, labels: stored.bytes)
      return
    }
    var labels = [UInt8]()
    labels.reserveCapacity(stored.width * stored.height)
    for pixel in 0..<stored.width * stored.height {
      guard stored.bytes[2 * pixel + 1] == 0 else {
        let value = Int(stored.bytes[2 * pixel + 1]) << 8 | Int(stored.bytes[2 * pixel])
        throw VisionError(.mismatch, "is a label map with the label \(value), expected 0 to 255")
      }
      labels.append(stored.bytes[2 * pixel])
    }
    self.init(width: stored.width, height: stored.height, labels: labels)
  }

  /// The labels as an array of shape `[h, w]`, uint8.
  package var array: NumpyArray { NumpyArray(shape: Shape([height, width]), uint8: labels) }

  /// Writes the labels as a PNG of palette indices: the labels themselves for programs, coloured for the eye.
  ///
  /// - Throws: `cannotWrite`.
  package func writePNG(to path: String, palette: Palette) throws(VisionError) {
    try FileWriter().writePNG(self, palette: palette, to: path)
  }

  /// Writes the labels as an NPY array of shape `[h, w]`, uint8.
  ///
  /// - Throws: `cannotWrite`.
  package func writeNumpy(to path: String) throws(VisionError) { try FileWriter().writeNumpy(self, to: path) }
}
