import Tensors

/// Decodes the content of `.npy` files, one after another; a header that is the same as the last is not read again.
final class NumpyDecoder {
  private var headerBytes: [UInt8] = []
  private var last: (header: NumpyHeader, shape: Shape)?

  /// Decodes versions 1 to 3, either byte order, C or Fortran order.
  ///
  /// - Parameter array: Gives its memory.
  /// - Throws: `unknownFormat`, `damaged`, `unsupported` or `tooLarge`.
  func decode(_ content: [UInt8], into array: inout NumpyArray) throws(VisionError) {
    let (header, shape) = try header(of: content)
    let expected = shape.elementCount * header.element.byteCount
    let found = content.count - header.byteCount
    guard found == expected else {
      throw VisionError(
        .damaged,
        "is an NPY array of shape \(shape) and type \(header.element.rawValue) with \(found) bytes of elements,"
          + " expected \(expected)")
    }
    array.refill(element: header.element, shape: shape) { target in
      content.withUnsafeBytes { content in
        let source = UnsafeRawBufferPointer(rebasing: content[header.byteCount...])
        if header.isFortranOrder, shape.rank > 1 {
          Self.reorder(source, into: target, shape: shape, elementByteCount: header.element.byteCount)
        } else {
          target.copyMemory(from: source)
        }
      }
      if header.isBigEndian { Self.swapBytes(target, elementByteCount: header.element.byteCount) }
    }
  }

  private func header(of content: [UInt8]) throws(VisionError) -> (header: NumpyHeader, shape: Shape) {
    // A header says how long it is: what begins with the same bytes has the same header.
    if let last, content.starts(with: headerBytes) { return last }
    let header = try NumpyHeader(of: content)
    guard let shape = Shape(checking: header.dimensions), shape.elementCount <= Int.max / 8 else {
      throw VisionError(
        .tooLarge,
        "is an NPY array of shape \(header.dimensions), more elements than memory"
          + " can hold")
    }
    headerBytes = Array(content[..<header.byteCount])
    last = (header, shape)
    return (header, shape)
  }

  private static func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, elementByteCount: Int) {
    for start in stride(from: 0, to: bytes.count, by: elementByteCount) {
      bytes[start..<start + elementByteCount].reverse()
    }
  }

  /// Brings elements whose first axis is contiguous to the order in which the last one is.
  private static func reorder(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, shape: Shape, elementByteCount: Int
  ) {
    // The step of each axis in the source, and the index of the element that is due.
    var steps = [Int]()
    var step = elementByteCount
    for extent in shape.dimensions {
      steps.append(step)
      step *= extent
    }
    var index = [Int](repeating: 0, count: shape.rank)
    var from = 0
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
  }
}
