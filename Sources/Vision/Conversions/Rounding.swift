import Tensors

/// How a network value becomes an int8.
package enum Rounding: String, Sendable, CaseIterable {
  /// Rounds to the nearest, halves up, and saturates: as the DPU itself does.
  case halfUp = "half-up"
  /// Drops the fraction and wraps round beyond int8: as AMD's VART does when it copies floats.
  case vart

  /// Converts a finite number that is already multiplied by the scale.
  @inline(__always)
  func convert(scaled value: Float) -> Int8 {
    switch self {
    case .halfUp: return FixPoint(0).quantize(value)
    case .vart:
      // Beyond 32 bits an x86 or ARM conversion gives a number whose low byte is 0.
      guard abs(value) < 0x1p31 else { return 0 }
      return Int8(truncatingIfNeeded: Int32(value))
    }
  }

  /// Whether the result stands for another number because int8 ends at -128 and 127.
  @inline(__always)
  func leavesRange(scaled value: Float) -> Bool {
    switch self {
    case .halfUp: value >= 127.5 || value < -128.5
    case .vart: value >= 128 || value <= -129
    }
  }
}

/// What was lost when a frame became int8.
package struct ConversionReport: Equatable, Sendable {
  /// Finite values beyond int8 that were saturated, or wrapped where that rounding was asked for.
  package var saturated = 0
  /// Elements that are not a number; they become 0.
  package var notANumber = 0
  /// Infinite elements.
  package var infinite = 0

  /// Makes a report of nothing.
  package init() {}

  /// Whether nothing was lost.
  package var isClean: Bool { saturated == 0 && notANumber == 0 && infinite == 0 }

  /// Adds another frame's losses.
  package static func += (total: inout ConversionReport, other: ConversionReport) {
    total.saturated += other.saturated
    total.notANumber += other.notANumber
    total.infinite += other.infinite
  }
}
