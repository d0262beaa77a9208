/// How a picture is brought to another size.
package enum Resampling: String, Sendable, CaseIterable {
  /// Weighs the four nearest pixels.
  case bilinear
  /// Takes the nearest pixel; the only one for labels.
  case nearest
}

/// The two source positions along one axis that make each target position, and the weight of the second.
///
/// Pixel centres lie at half numbers: target `t` lies at source `(t + 1/2) * source / target - 1/2`. Beyond the outer
/// centres the outermost pixel counts alone.
struct LinearTaps {
  /// The first of the two source positions.
  private(set) var first: [Int]
  /// The second, the same as the first at the edges.
  private(set) var second: [Int]
  /// How far the target lies toward the second, 0 to 1.
  private(set) var fraction: [Float]

  /// Plans an axis.
  ///
  /// - Precondition: Both extents are at least 1.
  init(source: Int, target: Int) {
    first = []
    second = []
    fraction = []
    first.reserveCapacity(target)
    second.reserveCapacity(target)
    fraction.reserveCapacity(target)
    let ratio = Double(source) / Double(target)
    for index in 0..<target {
      // OpenCV computes the position in double and keeps it in single precision; so does this.
      let position = Float((Double(index) + 0.5) * ratio - 0.5)
      let truncated = Int(position)
      let below = Float(truncated) > position ? truncated - 1 : truncated
      first.append(max(0, min(source - 1, below)))
      second.append(max(0, min(source - 1, below + 1)))
      fraction.append(position - Float(below))
    }
  }

  /// The source position nearest to each target position: `floor((t + 1/2) * source / target)`.
  static func nearest(source: Int, target: Int) -> [Int] {
    (0..<target).map { nearest(to: $0, source: source, target: target) }
  }

  /// The source position nearest to one target position.
  static func nearest(to index: Int, source: Int, target: Int) -> Int {
    min(source - 1, (2 * index + 1) * source / (2 * target))
  }
}
