/// The mean of some numbers and how far they lie from it.
package struct Spread: Equatable, Sendable {
  /// How many numbers there are.
  package let count: Int
  /// Their mean.
  package let mean: Double
  /// Their sample standard deviation, with `count - 1` below the sum of squares; `nil` for a single number.
  package let deviation: Double?

  /// Takes the mean and deviation of some numbers, `nil` where there are none.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count == 1 ? nil : (squares / Double(values.count - 1)).squareRoot()
  }
}
