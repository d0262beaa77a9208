import Tensors

extension NumpyArray {
  /// Reads an `.npy` file.
  ///
  /// - Throws: `cannotRead`, or as decoding bytes does.
  package init(contentsOf path: String) throws(VisionError) {
    let content = try FileContent.read(path)
    self = try NumpyArray(decoding: content, path: path)
  }

  /// Decodes the content of an `.npy` file: versions 1 to 3, either byte order, C or Fortran order.
  ///
  /// - Throws: `unknownFormat`, `damaged`, `unsupported` or `tooLarge`, naming the file where it is known.
  package init(decoding content: [UInt8], path: String? = nil) throws(VisionError) {
    do throws(VisionError) {
      let header = try NumpyHeader(of: content)
      guard let shape = Shape(checking: header.dimensions), shape.elementCount <= Int.max / 8 else {
        throw VisionError(
          .tooLarge,
          "is an NPY array of shape \(header.dimensions), more elements than memory"
            + " can hold")
      }
      let expected = shape.elementCount * header.element.byteCount
      let found = content.count - header.byteCount
      guard found == expected else {
        throw VisionError(
          .damaged,
          "is an NPY array of shape \(shape) and type \(header.element.rawValue) with \(found) bytes of elements,"
            + " expected \(expected)")
      }
      var bytes = Array(content[header.byteCount...])
      if header.isBigEndian { NumpyArray.swapBytes(&bytes, elementByteCount: header.element.byteCount) }
      if header.isFortranOrder, shape.rank > 1 {
        bytes = NumpyArray.reorder(bytes, shape: shape, elementByteCount: header.element.byteCount)
      }
      self.init(element: header.element, shape: shape, bytes: bytes)
    } catch {
      throw error.inFile(path)
    }
  }

  /// The array as the content of an `.npy` file of version 1.0.
  package func encoded() -> [UInt8] {
    let order = element.byteCount == 1 ? "|" : "<"
    let extents = shape.dimensions.map(String.init)
    let tuple = extents.count == 1 ? "(\(extents[0]),)" : "(\(extents.joined(separator: ", ")))"
    var header = "{'descr': '\(order)\(element.descriptor)', 'fortran_order': False, 'shape': \(tuple), }"
    // Blanks up to a line feed, so that the elements begin at a multiple of 64.
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    precondition(length <= Int(UInt16.max), "a shape of \(shape.rank) axes does not fit the header")
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + header.utf8 + bytes
  }

  /// Writes an `.npy` file; the file appears complete or not at all.
  ///
  /// - Throws: `cannotWrite`.
  package func write(to path: String) throws(VisionError) { try FileContent.write(encoded(), to: path) }

  private static func swapBytes(_ bytes: inout [UInt8], elementByteCount: Int) {
    for start in stride(from: 0, to: bytes.count, by: elementByteCount) {
      bytes[start..<start + elementByteCount].reverse()
    }
  }

  /// Brings elements whose first axis is contiguous to the order in which the last one is.
  private static func reorder(_ source: [UInt8], shape: Shape, elementByteCount: Int) -> [UInt8] {
    guard !source.isEmpty else { return source }
    // The step of each axis in the source, and the index of the element that is due.
    var steps = [Int]()
    var step = elementByteCount
    for extent in shape.dimensions {
      steps.append(step)
      step *= extent
    }
    var index = [Int](repeating: 0, count: shape.rank)
    var from = 0
    return [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
      for to in stride(from: 0, to: source.count, by: elementByteCount) {
        for byte in 0..<elementByteCount { target[to + byte] = source[from + byte] }
        var axis = shape.rank - 1
        while axis >= 0 {
          index[axis] += 1
          from += steps[axis]
          if index[axis] < shape[axis] { break }
          from -= steps[axis] * shape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      count = source.count
    }
  }
}
