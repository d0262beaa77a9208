/// A measurement cut into windows of equally many frames, one after another, each with a rate of its own.
package struct RateWindows: Equatable, Sendable {
  /// How many windows a measurement is cut into, where it has frames enough.
  package static let usualCount = 20
  /// The fewest frames of a window.
  package static let leastFrames = 8

  /// Frames in each window.
  package let framesPerWindow: Int
  /// The rates in order.
  ///
  /// - Units: frames/s
  package let rates: [Double]

  /// Cuts a measurement; the last frames that do not fill a window are left out.
  ///
  /// - Parameters:
  ///   - start: The end of the last frame before the measurement.
  ///   - ends: The ends of its frames in order.
  /// - Units: nanoseconds.
  package init(start: Int64, ends: [Int64]) {
    let count = min(Self.usualCount, ends.count / Self.leastFrames)
    let frames = count == 0 ? 0 : ends.count / count
    framesPerWindow = frames
    var before = start
    rates = (0..<count).map { window in
      let end = ends[(window + 1) * frames - 1]
      defer { before = end }
      return Double(frames) * 1e9 / Double(max(1, end - before))
    }
  }
}
