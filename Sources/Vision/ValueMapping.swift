/// How measured values become the values that a network expects.
///
/// | `mapping` | further keys | network value |
/// |---|---|---|
/// | `"scale"` | `divisor` (1), `offset` (0) | `value / divisor + offset` |
/// | `"window"` | `low`, `high` | `low` to -1, `high` to 1, beyond them clamped |
/// | `"percentile"` | `low`, `high` in percent, `scope`: `"frame"` or `"channel"` (`"frame"`) | as `window` between the values that so many percent of the pixels lie below and above |
/// | `"standardize"` | `divisor` (1), `mean`, `deviation`: lists, one number per channel | `(value / divisor - mean) / deviation` |
package enum ValueMapping: Equatable, Sendable {
  /// What one percentile is taken over.
  package enum Scope: String, Sendable, CaseIterable {
    /// All channels of a frame together.
    case frame
    /// Each channel of a frame on its own.
    case channel
  }

  /// Divides and adds.
  case scale(divisor: Double, offset: Double)
  /// Maps a window to -1 to 1.
  case window(low: Double, high: Double)
  /// Saturates so many percent of the lowest and highest pixels, and maps the rest to -1 to 1.
  case percentile(low: Double, high: Double, scope: Scope)
  /// Divides, subtracts the mean and divides by the standard deviation of each channel.
  case standardize(divisor: Double, mean: [Double], deviation: [Double])
}

/// A value mapping brought to one form: `clamp(value * factor + offset, lowest, highest)`.
struct AffineMap: Equatable {
  var factor: Double
  var offset: Double
  var lowest = -Double.infinity
  var highest = Double.infinity

  /// The map from a window to -1 to 1; an empty window, as of a picture of one colour, maps everything to 0.
  static func window(low: Double, high: Double) -> AffineMap {
    guard high > low, (high - low).isFinite else { return AffineMap(factor: 0, offset: 0) }
    let factor = 2 / (high - low)
    return AffineMap(factor: factor, offset: -1 - low * factor, lowest: -1, highest: 1)
  }

  @inline(__always)
  func callAsFunction(_ value: Double) -> Double { max(lowest, min(highest, value * factor + offset)) }
}

extension ValueMapping {
  /// The maps of all channels, or `nil` where they depend on the frame's own values.
  func fixedMaps(channels: Int) -> [AffineMap]? {
    switch self {
    case .scale(let divisor, let offset):
      return Array(repeating: AffineMap(factor: 1 / divisor, offset: offset), count: channels)
    case .window(let low, let high):
      return Array(repeating: .window(low: low, high: high), count: channels)
    case .percentile: return nil
    case .standardize(let divisor, let mean, let deviation):
      return (0..<channels).map {
        AffineMap(factor: 1 / (divisor * deviation[$0]), offset: -mean[$0] / deviation[$0])
      }
    }
  }

  /// Of so many sorted values, the positions of the first and the last that is not saturated.
  static func keptRange(count: Int, low: Double, high: Double) -> ClosedRange<Int> {
    let below = Int(Double(count) * low / 100)
    let above = Int(Double(count) * high / 100)
    return below + above < count ? below...(count - 1 - above) : count / 2...count / 2
  }
}
