import Tensors

/// What follows a sum: bias, activation, rounding.
struct Rounding {
  /// The activations of convolutions.
  enum Activation: Int {
    case none = 0
    case relu = 1
    case prelu = 2
    case leaky = 3
    case relu6 = 4
  }

  /// Bits to drop.
  let shift: Int
  /// Bits to shift a bias up.
  let biasShift: Int
  /// The least and the greatest result.
  let low: Int32
  let high: Int32
  /// Whether numbers below zero are multiplied by 26/256 first.
  let isLeaky: Bool

  /// Rounding without bias or activation.
  ///
  /// - Parameters:
  ///   - shift: Bits to drop; negative to add some.
  ///   - terms: Products of two bytes that a sum is made of.
  init(shift: Int, low: Int32 = -128, terms: Int = 1) {
    self.shift = shift
    isWide = terms > Rounding.termsOf32Bits
    biasShift = 0
    self.low = low
    high = 127
    isLeaky = false
  }

  /// Rounding after an activation.
  init(shift: Int, biasShift: Int, activation: Activation, terms: Int) {
    self.shift = shift
    isWide = terms > Rounding.termsOf32Bits
    self.biasShift = biasShift
    isLeaky = activation == .leaky
    low = activation == .relu || activation == .relu6 ? 0 : -128
    // 6 at fix point 4; the hardware knows no other.
    high = activation == .relu6 ? 96 : 127
  }

  /// Whether twice a sum may need more than 32 bits.
  private let isWide: Bool

  /// Products of two bytes whose sum is at most 2^29, which leaves room to double it and to add a bias.
  private static let termsOf32Bits = 1 << 15

  /// Rounds `2 * sum + (bias << biasShift)` for cells of 16 sums.
  ///
  /// - Parameter biases: 16 biases, already shifted.
  func roundDoubled(
    _ sums: UnsafePointer<Int32>, cells: Int, biases: UnsafePointer<Int32>, into out: UnsafeMutablePointer<Int8>
  ) {
    guard !isWide, !isLeaky, (1...31).contains(shift) else {
      for place in 0..<cells * Banks.rowPitch {
        out[place] = round(2 * Int64(sums[place]) + Int64(biases[place % Banks.rowPitch]))
      }
      return
    }
    let (shift, low, high) = (Int32(self.shift), low, high)
    for cell in 0..<cells {
      for lane in 0..<16 {
        let place = cell &* 16 &+ lane
        out[place] = FixPoint.requantize(
          2 &* sums[place] &+ biases[lane], shift: shift, low: low, high: high)
      }
    }
  }

  /// Rounds sums.
  func round(_ sums: UnsafePointer<Int32>, count: Int, into out: UnsafeMutablePointer<Int8>) {
    guard !isWide, !isLeaky, (0...30).contains(shift) else {
      for place in 0..<count { out[place] = round(Int64(sums[place])) }
      return
    }
    // Twice the number and one bit more to drop: so there always is one.
    let (shift, low, high) = (Int32(self.shift) + 1, low, high)
    for place in 0..<count {
      out[place] = FixPoint.requantize(2 &* sums[place], shift: shift, low: low, high: high)
    }
  }

  /// Rounds one number of any size.
  func round(_ value: Int64) -> Int8 {
    let rounded =
      isLeaky
      ? FixPoint.requantize(value < 0 ? 26 * value : 256 * value, shift: shift + 8)
      : FixPoint.requantize(value, shift: shift)
    return max(Int8(low), min(Int8(high), rounded))
  }
}
