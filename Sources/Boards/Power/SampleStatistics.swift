#if canImport(Glibc)
  import Glibc
#endif

/// What the samples of a span add up to.
package struct SampleStatistics: Equatable, Sendable {
  /// How many samples lie in the span.
  package private(set) var count = 0
  /// The smallest, `nil` where there is none.
  package private(set) var minimum: Double?
  /// The greatest, `nil` where there is none.
  package private(set) var maximum: Double?
  /// The seconds of the span for which samples vouch.
  package private(set) var coveredSeconds = 0.0
  /// A value near all others: areas are counted from it, so that a level that stays has its own mean, to the last bit.
  private var base: Double?
  private var areaAboveBase = 0.0
  private var sampleMean = 0.0
  private var squares = 0.0

  /// Nothing yet.
  package init() {}

  /// The area below the samples: for watts the joules.
  package var integral: Double { (base ?? 0) * coveredSeconds + areaAboveBase }

  /// The mean over the covered time, where no time is covered that of the samples; `nil` for neither.
  package var mean: Double? {
    coveredSeconds > 0 ? (base ?? 0) + areaAboveBase / coveredSeconds : count > 0 ? sampleMean : nil
  }

  /// How far samples lie from their mean, `nil` for fewer than two.
  package var standardDeviation: Double? { count > 1 ? (squares / Double(count - 1)).squareRoot() : nil }

  /// Adds a sample.
  mutating func add(_ value: Double) {
    count += 1
    // Welford's way: the squares stay small beside a large mean.
    let distance = value - sampleMean
    sampleMean += distance / Double(count)
    squares += distance * (value - sampleMean)
    minimum = min(minimum ?? value, value)
    maximum = max(maximum ?? value, value)
  }

  /// Adds some seconds with their mean.
  mutating func add(mean: Double, over seconds: Double) {
    let base = self.base ?? mean
    self.base = base
    areaAboveBase += (mean - base) * seconds
    coveredSeconds += seconds
  }
}
