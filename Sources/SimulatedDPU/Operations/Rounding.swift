import CSimulatedKernels
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

  /// Rounds twice the sums in scratch memory plus its biases, and writes the bytes to pixels of a bank.
  func roundDoubled(_ scratch: Scratch, into pixels: Banks.Pixels, _ banks: Banks, _ kernels: dpus_kernels) {
    if !isWide, !isLeaky, (1...31).contains(shift) {
      write(scratch.sums, scratch.biases, shift: shift, to: pixels, banks, kernels)
    } else {
      write(scratch, to: pixels, banks) { sum, bias in 2 * sum + bias }
    }
  }

  /// Rounds the sums in scratch memory and writes the bytes to pixels of a bank.
  func round(_ scratch: Scratch, into pixels: Banks.Pixels, _ banks: Banks, _ kernels: dpus_kernels) {
    if !isWide, !isLeaky, (0...30).contains(shift) {
      // Twice the number and one bit more to drop: so there always is one.
      write(scratch.sums, scratch.noBiases, shift: shift + 1, to: pixels, banks, kernels)
    } else {
      write(scratch, to: pixels, banks) { sum, _ in sum }
    }
  }

  private func write(
    _ sums: UnsafePointer<Int32>, _ biases: UnsafePointer<Int32>, shift: Int, to pixels: Banks.Pixels, _ banks: Banks,
    _ kernels: dpus_kernels
  ) {
    var rounding = dpus_rounding(biases: biases, shift: Int32(shift), low: low, high: high)
    banks.withRows(pixels) { rows, count, each in kernels.round_doubled(sums, &rounding, count, each, rows) }
  }

  /// The way for all that the kernels do not do.
  private func write(
    _ scratch: Scratch, to pixels: Banks.Pixels, _ banks: Banks, _ value: (_ sum: Int64, _ bias: Int64) -> Int64
  ) {
    for place in 0..<pixels.count * pixels.each * Banks.rowPitch {
      let bias = scratch.biases[place % Banks.rowPitch]
      scratch.cells[place] = round(value(Int64(scratch.sums[place]), Int64(bias)))
    }
    banks.write(scratch.cells, to: pixels)
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
