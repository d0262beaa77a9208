/// The binary scale of an int8 tensor, and the one definition of how a DPU rounds and saturates.
///
/// An integer `q` with fix point `f` stands for the real number `q * 2^-f`. Fix points may be negative.
///
/// - Source: arithmetic of AMD's `cpu-runner` and `sim-runner`; see docs/arithmetic.md.
package struct FixPoint: Hashable, Sendable, CustomStringConvertible {
  /// The number of binary digits behind the point.
  package let exponent: Int

  /// Makes a fix point of so many fraction bits.
  @inlinable
  package init(_ exponent: Int) { self.exponent = exponent }

  /// The exponent as text.
  package var description: String { String(exponent) }

  /// Divides by a power of two and rounds half up, toward plus infinity, also for negative numbers.
  ///
  /// - Parameters:
  ///   - value: The number to shift.
  ///   - shift: Bits to drop; zero or less multiplies exactly. Left shifts that leave 64 bits clamp.
  /// - Returns: `floor(value / 2^shift + 1/2)`.
  @inlinable
  package static func roundHalfUp(_ value: Int64, shift: Int) -> Int64 {
    if shift <= 0 {
      if shift == 0 { return value }
      if value == 0 { return 0 }
      guard shift > -63, value.magnitude.leadingZeroBitCount > -shift else { return value < 0 ? .min : .max }
      return value << Int64(-shift)
    }
    if shift > 63 { return 0 }
    // The half is taken from the last bit dropped, so that nothing overflows near Int64.max.
    return (value >> Int64(shift)) &+ ((value >> Int64(shift - 1)) & 1)
  }

  /// Clamps to the range of int8.
  @inlinable
  package static func saturate(_ value: Int64) -> Int8 { Int8(truncatingIfNeeded: max(-128, min(127, value))) }

  /// Shifts, rounds half up and saturates: the DPU's `DPU_ROUND`.
  @inlinable
  package static func requantize(_ value: Int64, shift: Int) -> Int8 {
    saturate(roundHalfUp(value, shift: shift))
  }

  /// Shifts a 32-bit number, rounds half up and clamps: the same numbers in a form that loops do many of at a time.
  ///
  /// - Parameters:
  ///   - value: The number to shift.
  ///   - shift: Bits to drop, 1...31.
  ///   - low: The least result, at least -128.
  ///   - high: The greatest result, at most 127.
  @inlinable
  package static func requantize(_ value: Int32, shift: Int32, low: Int32, high: Int32) -> Int8 {
    let rounded = (value &>> shift) &+ ((value &>> (shift &- 1)) & 1)
    return Int8(truncatingIfNeeded: max(low, min(high, rounded)))
  }

  /// The weight of the last bit, `2^-exponent`.
  @inlinable
  package var step: Float { FixPoint.powerOfTwo(-exponent) }

  /// The factor from real numbers to integers, `2^exponent`.
  @inlinable
  package var scale: Float { FixPoint.powerOfTwo(exponent) }

  /// Turns a real number into the nearest int8, halves up, saturating; NaN becomes 0.
  @inlinable
  package func quantize(_ value: Float) -> Int8 {
    guard value == value else { return 0 }
    let scaled = value * scale
    if scaled >= 127 { return 127 }
    if scaled < -128 { return -128 }
    // Adding 0.5 in Float would round 0.49999997 up; the floor and what it leaves are exact.
    let truncated = Int32(scaled)
    let floor = Float(truncated) > scaled ? truncated - 1 : truncated
    return Int8(truncatingIfNeeded: scaled - Float(floor) >= 0.5 ? floor + 1 : floor)
  }

  /// Turns an int8 into the real number that it stands for.
  @inlinable
  package func dequantize(_ value: Int8) -> Float { Float(value) * step }

  /// Two to an integer power, zero or infinity outside the range of Float.
  @inlinable
  package static func powerOfTwo(_ exponent: Int) -> Float {
    if exponent > 127 { return .infinity }
    if exponent < -149 { return 0 }
    if exponent < -126 { return Float(bitPattern: 1 << UInt32(exponent + 149)) }
    return Float(bitPattern: UInt32(exponent + 127) << 23)
  }
}
