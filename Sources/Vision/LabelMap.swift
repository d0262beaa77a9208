package import Tensors

/// The class of every pixel.
package struct LabelMap: Equatable, Sendable {
  /// Pixels in a row.
  package private(set) var width: Int
  /// Rows.
  package private(set) var height: Int
  /// The labels.
  ///
  /// - Shape: `[height, width]` UInt8.
  package private(set) var labels: [UInt8]

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
    self.init(width: 1, height: 1, labels: [0])
    try takeArgmax(of: logits, shape: shape)
  }

  /// The same in the memory of this map, which allocates none where it has as many pixels already.
  ///
  /// - Throws: `mismatch` where the shape is no map of 1 to 256 classes; the map is then as it was.
  package mutating func takeArgmax(of logits: UnsafeBufferPointer<Int8>, shape: Shape) throws(VisionError) {
    let (height, width, classes) = try LabelMap.extents(of: shape)
    precondition(logits.count == shape.elementCount, "\(logits.count) logits for shape \(shape)")
    if labels.count != width * height { labels = [UInt8](repeating: 0, count: width * height) }
    (self.width, self.height) = (width, height)
    labels.withUnsafeMutableBufferPointer { ConversionKernels.best.argmax(logits, classes: classes, into: $0) }
  }

  /// The extents of an output that is a map of classes.
  static func extents(of shape: Shape) throws(VisionError) -> (height: Int, width: Int, classes: Int) {
    guard shape.rank == 3 || shape.rank == 4 && shape[0] == 1, shape.elementCount > 0, (1...256).contains(shape[-1])
    else {
      throw VisionError(.mismatch, "an output of shape \(shape) is no label map, expected [h, w, 1 to 256 classes]")
    }
    return (shape[-3], shape[-2], shape[-1])
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
}
