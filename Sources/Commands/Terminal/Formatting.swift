import Glibc

extension String {
  /// The text fit for one line of a screen: control characters, which could steer the screen, are spelled out.
  package var printable: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
  }
}

extension String {
  /// Adds a whole number, at least 0, with zeros before it where it has fewer digits.
  package mutating func append(_ number: Int, digits: Int) {
    var power = 10
    for _ in 1..<digits {
      if number < power { self += "0" }
      power *= 10
    }
    self += String(number)
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }
}

extension Int {
  /// The number with commas between groups of three digits.
  package var grouped: String {
    let digits = Array(String(magnitude))
    var text = isNegative ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  private var isNegative: Bool { self < 0 }
}

extension Double {
  /// The number without a point where it is whole.
  package var plain: String { self == rounded() && magnitude < 1e15 ? String(Int(self)) : "\(self)" }

  /// The number with so many digits behind the point, halves away from zero.
  package func formatted(decimals: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    let scaled = (magnitude * power) + 0.5
    guard scaled < 9e18 else { return "\(self)" }
    let whole = Int(scaled)
    let sign = self < 0 && whole > 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(whole) }
    let fraction = String(whole % Int(power))
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return "\(sign)\(whole / Int(power)).\(zeros)\(fraction)"
  }
}
