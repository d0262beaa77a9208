import Boards
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SensorTraceTests {
  /// Samples at irregular instants.
  private struct Irregular {
    var instants: [Double] = []
    var random: SeededGenerator

    init(seed: UInt64) {
      random = SeededGenerator(seed: seed)
      var now = Double.random(in: -5...5, using: &random)
      for _ in 0..<Int.random(in: 2...200, using: &random) {
        instants.append(now)
        now += pow(10, Double.random(in: -4 ... -0.1, using: &random))
      }
    }

    /// A span that begins and ends anywhere between the first sample and the last.
    mutating func span() -> (Double, Double) {
      let ends = [instants[0], instants[instants.count - 1]]
      let (one, other) = (
        Double.random(in: ends[0]...ends[1], using: &random), Double.random(in: ends[0]...ends[1], using: &random)
      )
      return (min(one, other), max(one, other))
    }
  }

  @Test("the energy of a straight line is exact, whatever the instants", arguments: UInt64(1)...200)
  func straightLine(seed: UInt64) {
    var made = Irregular(seed: seed)
    let (level, slope) = (
      Double.random(in: 0...20, using: &made.random), Double.random(in: -3...3, using: &made.random)
    )
    var trace = SensorTrace(.level, longestGap: 1)
    for instant in made.instants { trace.append(level + slope * instant, at: instant) }
    for _ in 0..<10 {
      let (from, to) = made.span()
      let found = trace.statistics(from: from, to: to)
      let expected = (level + slope * (from + to) / 2) * (to - from)
      #expect(abs(found.integral - expected) < 1e-9 * max(1, abs(expected)), "seed \(seed)")
      #expect(abs(found.coveredSeconds - (to - from)) < 1e-9, "seed \(seed)")
    }
  }

  @Test("the energy of any values is that of thin slices below the lines between them", arguments: UInt64(1)...40)
  func slices(seed: UInt64) {
    var made = Irregular(seed: seed)
    let values = made.instants.map { _ in Double.random(in: 0...30, using: &made.random) }
    var trace = SensorTrace(.level, longestGap: 1)
    for (instant, value) in zip(made.instants, values) { trace.append(value, at: instant) }
    let (from, to) = made.span()
    let sliceCount = 20_000
    let width = (to - from) / Double(sliceCount)
    var sum = 0.0
    var segment = 0
    for slice in 0..<sliceCount {
      let instant = from + (Double(slice) + 0.5) * width
      while made.instants[segment + 1] < instant { segment += 1 }
      let share = (instant - made.instants[segment]) / (made.instants[segment + 1] - made.instants[segment])
      sum += (values[segment] + share * (values[segment + 1] - values[segment])) * width
    }
    let found = trace.statistics(from: from, to: to)
    // A slice across a corner is off by at most its width times the height of the values.
    #expect(
      abs(found.integral - sum) <= 30 * width * Double(made.instants.count) + 1e-9,
      "seed \(seed): \(found.integral) and \(sum)")
    #expect(abs(found.coveredSeconds - (to - from)) < 1e-9)
  }

  @Test("energies of adjoining spans add up, of levels and of counters", arguments: UInt64(1)...100)
  func adjoining(seed: UInt64) {
    var made = Irregular(seed: seed)
    for form in [SensorTrace.Form.level, .counter] {
      var trace = SensorTrace(form, longestGap: 0.3)
      var value = 0.0
      for instant in made.instants {
        value =
          form == .level ? .random(in: 0...9, using: &made.random) : value + .random(in: 0...9, using: &made.random)
        trace.append(value, at: instant)
      }
      let (from, to) = made.span()
      let middle = Double.random(in: from...to, using: &made.random)
      let parts = [trace.statistics(from: from, to: middle), trace.statistics(from: middle, to: to)]
      let whole = trace.statistics(from: from, to: to)
      let sums = parts.reduce(into: (0.0, 0.0)) { $0 = ($0.0 + $1.integral, $0.1 + $1.coveredSeconds) }
      #expect(abs(sums.0 - whole.integral) < 1e-9 * max(1, whole.integral), "seed \(seed)")
      #expect(abs(sums.1 - whole.coveredSeconds) < 1e-9, "seed \(seed)")
    }
  }

  @Test(
    "a trace that has folded its early part gives the same from its beginning, and lately", arguments: UInt64(1)...60)
  func folding(seed: UInt64) {
    var made = Irregular(seed: seed)
    for form in [SensorTrace.Form.level, .counter] {
      var (short, long) = (
        SensorTrace(form, longestGap: 0.3, keptCount: 5), SensorTrace(form, longestGap: 0.3, keptCount: 1000)
      )
      var value = 0.0
      for instant in made.instants {
        value =
          form == .level ? .random(in: 0...9, using: &made.random) : value + .random(in: 0...9, using: &made.random)
        short.append(value, at: instant)
        long.append(value, at: instant)
      }
      #expect(short.samples.count < 10 && short.samples.count + short.foldedCount == made.instants.count)
      let last = made.instants[made.instants.count - 1]
      for from in [made.instants[0], -100, short.samples[0].seconds] {
        let (found, expected) = (short.statistics(from: from, to: last), long.statistics(from: from, to: last))
        #expect(abs(found.integral - expected.integral) < 1e-9 * max(1, expected.integral), "seed \(seed)")
        #expect(abs(found.coveredSeconds - expected.coveredSeconds) < 1e-9, "seed \(seed)")
        // The rate before the first kept sample of a counter ends where the span begins.
        if form == .level || from < short.samples[0].seconds { #expect(found.count == expected.count, "seed \(seed)") }
        let deviations = [found, expected].map { $0.standardDeviation ?? 0 }
        if found.count == expected.count { #expect(abs(deviations[0] - deviations[1]) < 1e-9, "seed \(seed)") }
      }
    }
  }

  @Test("mean, deviation, least and greatest of four samples")
  func fourSamples() {
    var trace = SensorTrace(.level, longestGap: 1)
    for (instant, value) in [(0.0, 1.0), (0.5, 2), (1, 4), (1.5, 7)] { trace.append(value, at: instant) }
    let found = trace.statistics(from: 0, to: 1.5)
    #expect(found.count == 4 && found.minimum == 1 && found.maximum == 7)
    // 0.75 + 1.5 + 2.75 joules in 1.5 s; the squares of 2.5, 1.5, 0.5, 3.5 are 21, a third of which is 7.
    #expect(abs(found.integral - 5) < 1e-12)
    #expect(abs((found.mean ?? 0) - 5 / 1.5) < 1e-12)
    #expect(abs((found.standardDeviation ?? 0) - 7.0.squareRoot()) < 1e-12)
  }

  @Test("what lies between samples too far apart is not covered, and has no energy")
  func gap() {
    var trace = SensorTrace(.level, longestGap: 1)
    for instant in [0, 0.5, 1, 4, 4.5] { trace.append(10, at: instant) }
    let found = trace.statistics(from: 0, to: 4.5)
    #expect(found.integral == 15 && found.coveredSeconds == 1.5 && found.mean == 10 && found.count == 5)
    let inside = trace.statistics(from: 2, to: 3)
    #expect(inside.mean == nil && inside.coveredSeconds == 0 && inside.count == 0)
    trace.breakOff()
    trace.append(10, at: 4.75)
    #expect(trace.statistics(from: 4, to: 4.75).coveredSeconds == 0.5)
  }

  @Test("a span outside of the samples has nothing, and a span within two of them has their line")
  func outside() {
    var trace = SensorTrace(.level, longestGap: 1)
    #expect(trace.statistics(from: 0, to: 1) == SampleStatistics())
    trace.append(2, at: 1)
    #expect(trace.statistics(from: 0, to: 2).mean == 2)
    #expect(trace.statistics(from: 0, to: 2).coveredSeconds == 0)
    trace.append(4, at: 2)
    trace.append(9, at: 2)
    #expect(trace.samples.count == 2, "no two samples at one instant")
    #expect(trace.statistics(from: 3, to: 4).mean == nil)
    let within = trace.statistics(from: 1.25, to: 1.75)
    #expect(within.count == 0 && within.mean == 3 && within.integral == 1.5)
  }
}
