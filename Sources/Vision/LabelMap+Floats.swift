package import Tensors

extension LabelMap {
  /// Takes the greatest class of every pixel of a float output; ties go to the lowest label, NaN never wins.
  ///
  /// - Parameters:
  ///   - scores: `[h, w, c]` Float, as the shape says.
  ///   - shape: `[h, w, c]` or `[1, h, w, c]`.
  /// - Throws: `mismatch` where the shape is no map of 1 to 256 classes.
  package init(argmaxOf scores: UnsafeBufferPointer<Float>, shape: Shape) throws(VisionError) {
    let extents = shape.rank == 4 && shape[0] == 1 ? Array(shape.dimensions.dropFirst()) : shape.dimensions
    guard extents.count == 3, shape.elementCount > 0, (1...256).contains(extents[2]) else {
      throw VisionError(.mismatch, "an output of shape \(shape) is no label map, expected [h, w, 1 to 256 classes]")
    }
    precondition(scores.count == shape.elementCount, "\(scores.count) scores for shape \(shape)")
    let classes = extents[2]
    let labels = (0..<extents[0] * extents[1]).map { pixel in
      UInt8(truncatingIfNeeded: UnsafeBufferPointer(rebasing: scores[pixel * classes..<(pixel + 1) * classes]).greatest)
    }
    self.init(width: extents[1], height: extents[0], labels: labels)
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
