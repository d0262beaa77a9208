import Commands
import TestSupport
import Tensors
import Testing

@Suite struct PercentilesTests {
  @Test(
    "gives for each percentile the smallest time that so many of 100 do not exceed, whatever the order",
    arguments: 1...40 as ClosedRange<UInt64>)
  func definition(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...300, using: &random)
    let times = (0..<count).map { _ in Int64.random(in: 0...50, using: &random) }
    let found = try #require(Percentiles(times))
    for (percent, time) in [(50, found.p50), (90, found.p90), (99, found.p99)] {
      #expect(times.filter { $0 <= time }.count * 100 >= count * percent, "seed \(seed), p\(percent)")
      #expect(times.filter { $0 < time }.count * 100 < count * percent, "seed \(seed), p\(percent) is the smallest")
      #expect(times.contains(time), "seed \(seed): a time that was measured")
    }
    #expect(found.count == count && found.least == times.min() && found.most == times.max())
    #expect(Percentiles(times.shuffled(using: &random)) == found, "seed \(seed)")
  }

  @Test("says nothing of nothing")
  func empty() { #expect(Percentiles([]) == nil) }

  @Test("the median of numbers is the middle one, or the mean of both")
  func median() {
    #expect([3.0, 1, 2].median == 2)
    #expect([4.0, 1, 2, 3].median == 2.5)
    #expect([Double]().median.isNaN)
  }
}

@Suite struct RateWindowsTests {
  @Test(
    "windows hold equally many frames, and their times add up to that of the frames in them",
    arguments: 1...30 as ClosedRange<UInt64>)
  func addUp(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let start = Int64.random(in: 0...1_000_000, using: &random)
    var end = start
    let ends = (0..<Int.random(in: 0...700, using: &random)).map { _ in
      end += Int64.random(in: 1...2_000_000, using: &random)
      return end
    }
    let windows = RateWindows(start: start, ends: ends)
    #expect(windows.rates.count == min(RateWindows.usualCount, ends.count / RateWindows.leastFrames), "seed \(seed)")
    guard !windows.rates.isEmpty else { return }
    let frames = windows.framesPerWindow * windows.rates.count
    #expect(ends.count - frames < windows.rates.count, "seed \(seed): less than a frame a window is left out")
    let seconds = windows.rates.reduce(0) { $0 + Double(windows.framesPerWindow) / $1 }
    #expect((seconds * 1e9 - Double(ends[frames - 1] - start)).magnitude < 10, "seed \(seed)")
  }

  @Test("a pause between two frames lowers the rate of the window that it lies in alone")
  func pause() {
    var ends = (1...160).map { Int64($0) * 1_000_000 }
    for index in 85..<160 { ends[index] += 50_000_000 }
    let rates = RateWindows(start: 0, ends: ends).rates
    #expect(rates.count == 20)
    #expect(rates.enumerated().allSatisfy { $0.offset == 10 ? $0.element < 200 : ($0.element - 1000).magnitude < 1e-6 })
  }
}

@Suite struct StabilityTests {
  @Test("the same rate in every window is stable, whatever it is", arguments: [0.5, 344, 1e6])
  func same(rate: Double) {
    let stability = Stability([Double](repeating: rate, count: 20))
    #expect(stability.verdict == .stable && stability.spread == 0 && stability.drift == 0)
  }

  @Test("a rate that falls steadily, and one that jumps, are not stable and say by how much")
  func unsteady() {
    let falling = Stability((0..<20).map { 100 - Double($0) })
    #expect(falling.verdict == .notStable && falling.drift < -0.1)
    #expect(falling.line.hasPrefix("not stable (windows differ by ") && falling.line.hasSuffix("%)"))
    let jumping = Stability((0..<20).map { $0 % 2 == 0 ? 100 : 130 })
    #expect(jumping.verdict == .notStable && jumping.spread > 0.2 && jumping.drift.magnitude < 0.2)
  }

  @Test("one odd window of twenty does not make a measurement unstable")
  func outlier() {
    var rates = [Double](repeating: 100, count: 20)
    rates[7] = 20
    #expect(Stability(rates).verdict == .stable)
  }

  @Test("says that few windows say nothing", arguments: 0..<6)
  func short(count: Int) {
    #expect(Stability([Double](repeating: 100, count: count)).verdict == .tooShort)
    #expect(Stability([Double](repeating: 100, count: count)).line == "too short to say")
  }

  @Test("scaling all rates changes nothing", arguments: 1...20 as ClosedRange<UInt64>)
  func scaled(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let rates = (0..<20).map { _ in Double.random(in: 90...110, using: &random) }
    let (one, other) = (Stability(rates), Stability(rates.map { $0 * 8 }))
    #expect(one.verdict == other.verdict, "seed \(seed)")
    #expect((one.spread - other.spread).magnitude < 1e-9 && (one.drift - other.drift).magnitude < 1e-9, "seed \(seed)")
  }
}
