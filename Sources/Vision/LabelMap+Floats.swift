package import Tensors

extension LabelMap {
  /// Takes the greatest class of every pixel of a float output; ties go to the lowest label, NaN never wins.
  ///
  /// - Parameters:
  ///   - scores: `[h, w, c]` Float, as the shape says.
  ///   - shape: `[h, w, c]` or `[1, h, w, c]`.
  /// - Throws: `mismatch` where the shape is no map of 1 to 256 classes.
  package init(argmaxOf scores: UnsafeBufferPointer<Float>, shape: Shape) throws(VisionError) {
    self.init(width: 1, height: 1, labels: [0])
    try takeArgmax(of: scores, shape: shape)
  }

  /// The same in the memory of this map, which allocates none where it has as many pixels already.
  ///
  /// - Throws: `mismatch` where the shape is no map of 1 to 256 classes; the map is then as it was.
  package mutating func takeArgmax(of scores: UnsafeBufferPointer<Float>, shape: Shape) throws(VisionError) {
    let (height, width, classes) = try LabelMap.extents(of: shape)
    precondition(scores.count == shape.elementCount, "\(scores.count) scores for shape \(shape)")
    refill(width: width, height: height) { labels in
      for pixel in 0..<height * width {
        let ofPixel = UnsafeBufferPointer(rebasing: scores[pixel * classes..<(pixel + 1) * classes])
        labels[pixel] = UInt8(truncatingIfNeeded: ofPixel.greatest)
      }
    }
  }
}

extension UnsafeBufferPointer<Float> {
  /// The index of the greatest element; ties go to the lowest index, NaN never wins.
  package var greatest: Int {
    var best: Int?
    for index in indices where !self[index].isNaN && best.map({ self[index] > self[$0] }) != false { best = index }
    return best ?? 0
  }
}
