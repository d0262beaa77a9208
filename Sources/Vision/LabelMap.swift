package import Tensors

/// The class of every pixel.
package struct LabelMap: Equatable, Sendable {
  /// Pixels in a row.
  package let width: Int
  /// Rows.
  package let height: Int
  /// The labels.
  ///
  /// - Shape: `[height, width]` UInt8.
  package let labels: [UInt8]

  /// Makes a map of given labels.
  ///
  /// - Precondition: As many labels as the size asks for.
  package init(width: Int, height: Int, labels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && labels.count == width * height, "\(labels.count) labels for \(width)x\(height)")
    self.width = width
    self.height = height
    self.labels = labels
  }

  /// Takes the greatest class of every pixel; ties go to the lowest label.
  ///
  /// Softmax keeps the order of its inputs, so int8 logits give the same labels as probabilities would.
  ///
  /// - Parameters:
  ///   - logits: `[h, w, c]` Int8, as the shape says.
  ///   - shape: `[h, w, c]` or `[1, h, w, c]`.
  /// - Throws: `mismatch` where the shape is no map of 1 to 256 classes.
  package init(argmaxOf logits: UnsafeBufferPointer<Int8>, shape: Shape) throws(VisionError) {
    let extents = shape.rank == 4 && shape[0] == 1 ? Array(shape.dimensions.dropFirst()) : shape.dimensions
    guard extents.count == 3, shape.elementCount > 0, (1...256).contains(extents[2]) else {
      throw VisionError(.mismatch, "an output of shape \(shape) is no label map, expected [h, w, 1 to 256 classes]")
    }
    precondition(logits.count == shape.elementCount, "\(logits.count) logits for shape \(shape)")
    let (height, width, classes) = (extents[0], extents[1], extents[2])
    let labels = [UInt8](unsafeUninitializedCapacity: width * height) { target, count in
      LabelMap.argmax(logits, classes: classes, into: target)
      count = width * height
    }
    self.init(width: width, height: height, labels: labels)
  }

  /// The map in another size; each pixel takes the nearest label, none is invented.
  package func resized(width newWidth: Int, height newHeight: Int) -> LabelMap {
    if newWidth == width, newHeight == height { return self }
    let resized = Samples.resizedNearest(
      labels, width: width, height: height, channels: 1, newWidth: newWidth, newHeight: newHeight)
    return LabelMap(width: newWidth, height: newHeight, labels: resized)
  }

  /// How many pixels have each label, for labels below the count given.
  package func pixelCounts(classCount: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for label in labels { counts[Int(label)] += 1 }
    return Array(counts.prefix(classCount)) + Array(repeating: 0, count: max(0, classCount - 256))
  }

  /// The loops over few classes are written so that the compiler keeps everything in registers.
  private static func argmax(
    _ logits: UnsafeBufferPointer<Int8>, classes: Int, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let pixels = logits.count / classes
    if classes == 2 {
      for pixel in 0..<pixels { target[pixel] = logits[2 * pixel + 1] > logits[2 * pixel] ? 1 : 0 }
      return
    }
    for pixel in 0..<pixels {
      let start = pixel * classes
      var best = logits[start]
      var label = 0
      for index in 1..<max(1, classes) {
        let value = logits[start + index]
        label = value > best ? index : label
        best = max(best, value)
      }
      target[pixel] = UInt8(truncatingIfNeeded: label)
    }
  }
}
