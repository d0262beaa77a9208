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
    refill(width: width, height: height) { ConversionKernels.best.argmax(logits, classes: classes, into: $0) }
  }

  /// Puts other labels into the map, in the memory that it has where that is enough and nobody else looks at it.
  ///
  /// - Parameter fill: Gets `[height, width]` UInt8 of any content.
  mutating func refill(width newWidth: Int, height newHeight: Int, fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    labels.resize(to: newWidth * newHeight, filler: 0)
    (width, height) = (newWidth, newHeight)
    labels.withUnsafeMutableBufferPointer { fill($0) }
  }

  /// Takes the labels of another map in another size, each pixel the nearest, in the memory of this one.
  ///
  /// - Parameter columns: The nearest column of the other map to each of this one, as `nearestColumns` gives them.
  package mutating func takeNearest(of other: LabelMap, columns: [Int], height newHeight: Int) {
    refill(width: columns.count, height: newHeight) { target in
      other.labels.withUnsafeBufferPointer { source in
        var to = 0
        for y in 0..<newHeight {
          let line = LinearTaps.nearest(to: y, source: other.height, target: newHeight) * other.width
          for x in columns {
            target[to] = source[line + x]
            to += 1
          }
        }
      }
    }
  }

  /// Takes all of another map, in the memory of this one.
  package mutating func take(_ other: LabelMap) {
    refill(width: other.width, height: other.height) { target in
      other.labels.withUnsafeBufferPointer { source in _ = target.update(from: source) }
    }
  }

  /// The column of a map that is nearest to each column of the same map in another width.
  package static func nearestColumns(of width: Int, in newWidth: Int) -> [Int] {
    LinearTaps.nearest(source: width, target: newWidth)
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
    var resized = LabelMap(width: 1, height: 1, labels: [0])
    resized.takeNearest(of: self, columns: LabelMap.nearestColumns(of: width, in: newWidth), height: newHeight)
    return resized
  }

  /// How many pixels have each label, for labels below the count given.
  package func pixelCounts(classCount: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    countPixels(into: &counts)
    return counts
  }

  /// The same in the memory of an array with an element for each label that counts.
  package func countPixels(into counts: inout [Int]) {
    counts.withUnsafeMutableBufferPointer { counts in
      counts.update(repeating: 0)
      for label in labels where Int(label) < counts.count { counts[Int(label)] += 1 }
    }
  }
}
