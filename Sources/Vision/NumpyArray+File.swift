import Tensors

extension NumpyArray {
  /// Reads an `.npy` file.
  ///
  /// - Throws: `cannotRead`, or as decoding bytes does.
  package init(contentsOf path: String) throws(VisionError) {
    self = try NumpyArray(decoding: FileContent.read(path), path: path)
  }

  /// Decodes the content of an `.npy` file: versions 1 to 3, either byte order, C or Fortran order.
  ///
  /// - Throws: `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the file where it is known.
  package init(decoding content: [UInt8], path: String? = nil) throws(VisionError) {
    self.init(element: .uint8, shape: Shape([0]), bytes: [])
    do throws(VisionError) { try NumpyDecoder().decode(content, into: &self) } catch { throw error.inFile(path) }
  }

  /// The array as the content of an `.npy` file of version 1.0.
  package func encoded() -> [UInt8] {
    NumpyArray.encodedHeader(element: element, dimensions: shape.dimensions) + bytes
  }

  /// What stands before the elements in an `.npy` file of version 1.0.
  static func encodedHeader(element: Element, dimensions: [Int]) -> [UInt8] {
    let order = element.byteCount == 1 ? "|" : "<"
    let extents = dimensions.map(String.init)
    let tuple = extents.count == 1 ? "(\(extents[0]),)" : "(\(extents.joined(separator: ", ")))"
    var header = "{'descr': '\(order)\(element.descriptor)', 'fortran_order': False, 'shape': \(tuple), }"
    // Blanks up to a line feed, so that the elements begin at a multiple of 64.
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    precondition(length <= Int(UInt16.max), "a shape of \(dimensions.count) axes does not fit the header")
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + header.utf8
  }

  /// Writes an `.npy` file; the file appears complete or not at all.
  ///
  /// - Throws: `cannotWrite`.
  package func write(to path: String) throws(VisionError) { try FileContent.write(encoded(), to: path) }
}
