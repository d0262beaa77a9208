/// Numbers as the tables print them.
enum Decimals {
  /// A number with so many digits behind the point.
  static func text(_ number: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
    let scaled = Int(number * Double(scale) + 0.5)
    guard digits > 0 else { return String(scaled) }
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
