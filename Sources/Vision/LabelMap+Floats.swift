package import Tensors

extension LabelMap {
  /// Takes the greatest class of every pixel of a float output; ties go to the lowest label, NaN never wins.
  ///
  /// - Parameters:
  ///   - scores: `[h, w, c]` Float, as the shape says.
  ///   - shape: `[h, w, c]` or `[1, h, w, c]`.
  /// - Throws: `mismatch` where the shape is no map of 1 to 256 classes.
  package init(argmaxOf scores: UnsafeBufferPointer<Float>, shape: Shape) throws(VisionError) {
    let (height, width, classes) = try LabelMap.extents(of: shape)
    precondition(scores.count == shape.elementCount, "\(scores.count) scores for shape \(shape)")
    let labels = (0..<height * width).map { pixel in
      UInt8(truncatingIfNeeded: UnsafeBufferPointer(rebasing: scores[pixel * classes..<(pixel + 1) * classes]).greatest)
    }
    self.init(width: width, height: height, labels: labels)
  }
}

extension UnsafeBufferPointer<Float> {
  /// The index of the greatest element; ties go to the lowest index, NaN never wins.
  var greatest: Int {
    var best: Int?
    for index in indices where !self[index].isNaN && best.map({ self[index] > self[$0] }) != false { best = index }
    return best ?? 0
  }
}
