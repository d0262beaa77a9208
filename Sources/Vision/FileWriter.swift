package import Tensors

/// Writes pictures, label maps and arrays, one file after another, with memory that is used again; for one thread at a
/// time. Each file appears complete or not at all.
package final class FileWriter {
  private let png = PNGMemory()
  private var temporary = ""
  private var extents: [Int] = []
  private var lastHeader: (element: NumpyArray.Element, dimensions: [Int], bytes: [UInt8])?

  /// Makes a writer without memory.
  package init() {}

  /// Writes a picture as a PNG file.
  ///
  /// - Throws: `cannotWrite`.
  package func writePNG(_ picture: Picture, to path: String) throws(VisionError) {
    try writePNG(
      width: picture.width, height: picture.height, picture.layout == .grey ? .grey : .rgb, picture.samples,
      palette: nil, to: path)
  }

  /// Writes labels as a PNG of palette indices: the labels themselves for programs, coloured for the eye.
  ///
  /// - Throws: `cannotWrite`.
  package func writePNG(_ map: LabelMap, palette: Palette, to path: String) throws(VisionError) {
    try writePNG(width: map.width, height: map.height, .palette, map.labels, palette: palette, to: path)
  }

  /// Writes labels as an NPY array of shape `[h, w]`, uint8.
  ///
  /// - Throws: `cannotWrite`.
  package func writeNumpy(_ map: LabelMap, to path: String) throws(VisionError) {
    extents.removeAll(keepingCapacity: true)
    extents.append(map.height)
    extents.append(map.width)
    try writeNumpy(.uint8, extents, map.labels, to: path)
  }

  /// Writes an array as an NPY file.
  ///
  /// - Parameter bytes: The elements, little endian, as many as type and shape ask for.
  /// - Throws: `cannotWrite`.
  package func writeNumpy(
    _ element: NumpyArray.Element, _ shape: Shape, _ bytes: [UInt8], to path: String
  ) throws(VisionError) {
    precondition(bytes.count == shape.elementCount * element.byteCount, "\(bytes.count) bytes for \(shape)")
    try writeNumpy(element, shape.dimensions, bytes, to: path)
  }

  private func writeNumpy(
    _ element: NumpyArray.Element, _ dimensions: [Int], _ bytes: [UInt8], to path: String
  ) throws(VisionError) {
    try write(encodedHeader(element, dimensions), bytes, to: path)
  }

  /// The header of an array; made anew only where it is another.
  private func encodedHeader(_ element: NumpyArray.Element, _ dimensions: [Int]) -> [UInt8] {
    if let last = lastHeader, last.element == element, last.dimensions == dimensions { return last.bytes }
    let bytes = NumpyArray.encodedHeader(element: element, dimensions: dimensions)
    // A copy of its own: the caller's extents are written to again.
    lastHeader = (element, dimensions.map { $0 }, bytes)
    return bytes
  }

  private func writePNG(
    width: Int, height: Int, _ type: PNGSamples.ColorType, _ samples: [UInt8], palette: Palette?, to path: String
  ) throws(VisionError) {
    do throws(VisionError) {
      try PNGEncoder.withEncoded(
        width: width, height: height, colorType: type, samples: samples, palette: palette, memory: png
      ) { encoded throws(VisionError) in
        try FileContent.write(
          encoded, UnsafeRawBufferPointer(start: nil, count: 0), to: path, temporary: &temporary)
      }
    } catch {
      throw error.inFile(path)
    }
  }

  private func write(_ header: [UInt8], _ bytes: [UInt8], to path: String) throws(VisionError) {
    let result = header.withUnsafeBytes { header in
      bytes.withUnsafeBytes { bytes in
        Result { () throws(VisionError) in
          try FileContent.write(header, bytes, to: path, temporary: &temporary)
        }
      }
    }
    try result.get()
  }
}
