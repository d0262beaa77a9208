/// The arithmetic of the instructions written down once more, plainly and in 64 bits.
enum ReferenceArithmetic {
  /// `floor(value / 2^shift + 1/2)`, clamped to bytes.
  static func round(_ value: Int, _ shift: Int) -> Int {
    let exact = shift > 0 ? (value + (1 << (shift - 1))) >> shift : value << -shift
    return min(127, max(-128, exact))
  }

  /// What CONV, DPTWISE and ALU make of a sum.
  static func finish(_ sum: Int, bias: Int, biasShift: Int, cut: Int, activation: Int) -> Int {
    var total = 2 * sum + (bias << biasShift)
    switch activation {
    case 1: return round(max(0, total), cut + 1)
    case 3:
      total = total < 0 ? 26 * total : 256 * total
      return round(total, cut + 9)
    case 4: return min(96, round(max(0, total), cut + 1))
    default: return round(total, cut + 1)
    }
  }
}
