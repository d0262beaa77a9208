/// Two measurements of the same thing, window by window.
///
/// The first window of one is paired with the first of the other, and so on; each pair gives the ratio of its rates. The
/// interval is that of the sign test: it needs no shape of the distribution, and holds the true median of the ratios
/// with a probability of at least 95 % where pairs do not depend on each other. Windows of one run do.
package struct PairedComparison: Equatable, Sendable {
  /// What is shown.
  package enum Verdict: String, Sendable {
    case faster
    case slower
    case noDifference = "no difference shown"
    /// A rate that changes within a run says nothing of what changed between two.
    case notStable = "not stable, so neither faster nor slower"
    /// There are too few pairs for an interval.
    case tooFew = "too few windows to say"
  }

  /// The pairing and the interval in words.
  package static let method =
    "window k of this run is paired with window k of the old one; median of the ratios with the 95 % interval of the sign "
    + "test, which takes the pairs for independent. Windows of one run are not: they share its heat, its place in memory and "
    + "its neighbours, so the interval is too narrow. There is one run of each: a machine whose speed changed between them "
    + "looks like a difference"

  /// How many pairs there are.
  package let pairCount: Int
  /// The median of new over old, `nil` without a pair.
  package let medianRatio: Double?
  /// Where the true median lies, `nil` for too few pairs.
  package let interval: ClosedRange<Double>?
  private let areStable: Bool

  /// Compares the rates of windows in order; further windows of the longer run are left out.
  ///
  /// - Parameter areStable: Whether neither run is known to be unstable; else there is no verdict.
  package init(old: [Double], new: [Double], areStable: Bool = true) {
    let ratios = zip(old, new).map { $1 / $0 }.sorted()
    pairCount = ratios.count
    medianRatio = ratios.isEmpty ? nil : ratios.median
    interval = Self.rank(pairCount: ratios.count).map { ratios[$0]...ratios[ratios.count - 1 - $0] }
    self.areStable = areStable
  }

  /// What is shown.
  package var verdict: Verdict {
    guard let interval else { return .tooFew }
    guard areStable else { return .notStable }
    if interval.lowerBound > 1 { return .faster }
    return interval.upperBound < 1 ? .slower : .noDifference
  }

  /// The place of the interval's lower end among sorted ratios; the upper end lies as far from the last.
  ///
  /// - Returns: The greatest for which both tails together have a probability of at most 5 %; `nil` below 6 pairs.
  package static func rank(pairCount: Int) -> Int? {
    var probability = 1.0
    for _ in 0..<pairCount { probability /= 2 }
    var tail = 0.0
    var rank: Int?
    for below in 0..<max(1, pairCount / 2) {
      tail += probability
      guard tail * 2 <= 0.05 else { break }
      rank = below
      probability *= Double(pairCount - below) / Double(below + 1)
    }
    return rank
  }

  /// The comparison for a person.
  package var line: String {
    guard let medianRatio else { return "\(verdict.rawValue): no pairs" }
    let change = "x \(medianRatio.formatted(decimals: 3))"
    guard let interval else { return "\(verdict.rawValue): \(pairCount) pairs, \(change)" }
    return "\(verdict.rawValue): \(change), 95 % interval \(interval.lowerBound.formatted(decimals: 3)) to "
      + "\(interval.upperBound.formatted(decimals: 3)), \(pairCount) pairs of windows"
  }
}
