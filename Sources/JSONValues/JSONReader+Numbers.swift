extension JSONReader {
  /// A number as it stands in a text.
  package struct Number: Equatable, Sendable {
    /// The nearest number of double precision.
    package let double: Double
    /// The number, where it is written without fraction and exponent and an `Int` holds it.
    package let integer: Int?
  }

  /// Reads a number.
  ///
  /// - Throws: Also for a number beyond all that a `Double` holds.
  package mutating func readNumber() throws(JSONError) -> Number {
    skipSpace()
    let start = position
    let scan = try scanNumber()
    if scan.isExact, scan.exponent == 0, !scan.hasPointOrExponent, let integer = Int(exactly: scan.mantissa) {
      // A zero with a sign is no integer.
      if !scan.isNegative { return Number(double: Double(integer), integer: integer) }
      if integer != 0 { return Number(double: -Double(integer), integer: -integer) }
    }
    // Both factors are exact, so their product or quotient is rounded once.
    if scan.isExact, scan.mantissa <= 1 << 53, abs(scan.exponent) <= 22 {
      let mantissa = Double(scan.mantissa)
      let power = powersOfTen[abs(scan.exponent)]
      let value = scan.exponent < 0 ? mantissa / power : mantissa * power
      return Number(double: scan.isNegative ? -value : value, integer: nil)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      position = start
      throw fail("a number beyond those of double precision")
    }
    return Number(double: value, integer: Int(text))
  }

  /// The parts of a number.
  struct NumberScan {
    var mantissa: UInt64 = 0
    /// The power of ten that the mantissa is multiplied by.
    var exponent = 0
    var isNegative = false
    var hasPointOrExponent = false
    /// Whether mantissa and exponent hold all digits.
    var isExact = true

    mutating func add(_ digit: UInt8) {
      let (product, isTooLarge) = mantissa.multipliedReportingOverflow(by: 10)
      let (sum, isBeyond) = product.addingReportingOverflow(UInt64(digit))
      if isTooLarge || isBeyond { isExact = false } else { mantissa = sum }
    }
  }

  /// Steps over a number and notes its parts.
  mutating func scanNumber() throws(JSONError) -> NumberScan {
    skipSpace()
    var scan = NumberScan()
    if position < end, bytes[position] == UInt8(ascii: "-") {
      scan.isNegative = true
      position += 1
    }
    if position < end, bytes[position] == UInt8(ascii: "0") {
      position += 1
      guard !isAtDigit else { throw fail("found a further digit behind a leading 0") }
    } else {
      try scanDigits(into: &scan, isFraction: false)
    }
    if position < end, bytes[position] == UInt8(ascii: ".") {
      scan.hasPointOrExponent = true
      position += 1
      try scanDigits(into: &scan, isFraction: true)
    }
    if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
      scan.hasPointOrExponent = true
      position += 1
      try scanExponent(&scan)
    }
    return scan
  }

  private mutating func scanDigits(into scan: inout NumberScan, isFraction: Bool) throws(JSONError) {
    guard isAtDigit else { throw fail("found \(shown), expected a digit") }
    while isAtDigit {
      scan.add(bytes[position] - UInt8(ascii: "0"))
      if isFraction { scan.exponent -= 1 }
      position += 1
    }
  }

  private mutating func scanExponent(_ scan: inout NumberScan) throws(JSONError) {
    var isNegative = false
    if position < end, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
      isNegative = bytes[position] == UInt8(ascii: "-")
      position += 1
    }
    guard isAtDigit else { throw fail("found \(shown), expected a digit of the exponent") }
    var value = 0
    while isAtDigit {
      // Beyond that, it matters no more how much.
      value = min(1_000_000, value * 10 + Int(bytes[position] - UInt8(ascii: "0")))
      position += 1
    }
    scan.exponent += isNegative ? -value : value
  }

  private var isAtDigit: Bool { position < end && bytes[position] &- UInt8(ascii: "0") < 10 }
}

private let powersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21,
  1e22,
]
