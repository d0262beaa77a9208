/// Whether the windows of a measurement agree with each other.
package struct Stability: Equatable, Sendable {
  /// What is said of a measurement.
  package enum Verdict: String, Decodable, Sendable {
    case stable
    case notStable = "not stable"
    /// There are too few windows to say it.
    case tooShort = "too short to say"
  }

  /// The fewest windows that say something.
  package static let leastWindows = 6
  /// The most that windows may differ.
  package static let mostSpread = 0.10
  /// The most that the rate may change from the first third to the last.
  package static let mostDrift = 0.05
  /// The rule in words.
  package static let rule =
    "stable: of at least 6 windows the 10th and the 90th percentile lie within 10 % of the median, and the medians of the "
    + "first and the last third within 5 %"

  /// What is said.
  package let verdict: Verdict
  /// The distance of the 10th and the 90th percentile of the windows, over their median.
  package let spread: Double
  /// By how much the median of the last third lies above that of the first, over the latter.
  package let drift: Double

  /// Judges the rates of windows in order.
  package init(_ rates: [Double]) {
    guard rates.count >= Self.leastWindows else {
      (verdict, spread, drift) = (.tooShort, .nan, .nan)
      return
    }
    let sorted = rates.sorted()
    let range =
      sorted[Percentiles.index(of: 90, count: sorted.count)] - sorted[Percentiles.index(of: 10, count: sorted.count)]
    spread = range / rates.median
    let third = rates.count / 3
    drift = Array(rates.suffix(third)).median / Array(rates.prefix(third)).median - 1
    verdict = spread <= Self.mostSpread && drift.magnitude <= Self.mostDrift ? .stable : .notStable
  }

  /// The verdict for a person, with its figures.
  package var line: String {
    guard verdict != .tooShort else { return verdict.rawValue }
    return "\(verdict.rawValue) (windows differ by \((spread * 100).formatted(decimals: 1)) %, "
      + "drift \(drift < 0 ? "" : "+")\((drift * 100).formatted(decimals: 1)) %)"
  }
}
