/// Finds what would stand at a position if values were sorted, without sorting them.
enum Selection {
  /// The value at a position of the sorted order, counted from 0.
  ///
  /// Four passes over the values, one per byte from the top; each counts how many of those that are still possible
  /// fall into each of 256 ranges. Time is linear whatever the values are.
  ///
  /// - Parameter counts: Memory for 256 counts.
  /// - Precondition: The position is one of the values', and none of them is NaN.
  static func value(
    at position: Int, of values: UnsafeBufferPointer<Float>, counts: UnsafeMutableBufferPointer<Int>
  ) -> Float {
    precondition(values.indices.contains(position), "position \(position) of \(values.count) values")
    if position == 0 { return values.reduce(.infinity, min) }
    if position == values.count - 1 { return values.reduce(-.infinity, max) }
    var (chosen, chosenBits): (UInt32, UInt32) = (0, 0)
    var rest = position
    for shift in stride(from: UInt32(24), through: 0, by: -8) {
      counts.initialize(repeating: 0)
      for value in values {
        let key = orderedBits(value)
        if key & chosenBits == chosen { counts[Int(key >> shift & 0xFF)] += 1 }
      }
      var range = 0
      while rest >= counts[range] {
        rest -= counts[range]
        range += 1
      }
      chosen |= UInt32(range) << shift
      chosenBits |= 0xFF << shift
    }
    let isNegative = chosen >> 31 == 0
    return Float(bitPattern: isNegative ? ~chosen : chosen & 0x7FFF_FFFF)
  }

  /// Bits that compare as unsigned numbers the way the numbers themselves compare.
  @inline(__always)
  private static func orderedBits(_ value: Float) -> UInt32 {
    let bits = value.bitPattern
    // All bits turn round in a negative number, only the sign in a positive one; without a branch.
    return bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 0x8000_0000)
  }
}
