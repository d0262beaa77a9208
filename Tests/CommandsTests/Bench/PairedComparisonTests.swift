import Commands
import TestSupport
import Tensors
import Testing

@Suite struct PairedComparisonTests {
  /// Rates round 100 with independent noise.
  private static func rates(_ random: inout SeededGenerator, noise: Double, count: Int = 20) -> [Double] {
    (0..<count).map { _ in 100 * (1 + Double.random(in: -noise...noise, using: &random)) }
  }

  @Test("a run beside itself shows no difference")
  func itself() {
    var random = SeededGenerator(seed: 3)
    let rates = Self.rates(&random, noise: 0.2)
    let comparison = PairedComparison(old: rates, new: rates)
    #expect(comparison.verdict == .noDifference && comparison.medianRatio == 1)
    #expect(comparison.line.hasPrefix("no difference shown: x 1.000, 95 % interval 1.000 to 1.000, 20 pairs"))
  }

  @Test(
    "a tenth more is faster, a tenth less is slower, and each is the other seen from behind",
    arguments: 1...20 as ClosedRange<UInt64>)
  func difference(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let old = Self.rates(&random, noise: 0.02)
    let new = Self.rates(&random, noise: 0.02).map { $0 * 1.1 }
    let comparison = PairedComparison(old: old, new: new)
    #expect(comparison.verdict == .faster, "seed \(seed)")
    let ratio = try #require(comparison.medianRatio)
    #expect((1.05...1.15).contains(ratio), "seed \(seed)")
    let back = PairedComparison(old: new, new: old)
    #expect(back.verdict == .slower, "seed \(seed)")
    let (interval, other) = (try #require(comparison.interval), try #require(back.interval))
    #expect((interval.lowerBound * other.upperBound - 1).magnitude < 1e-9, "seed \(seed)")
  }

  @Test("of 2000 pairs of runs without a difference, it calls at most one of twenty different")
  func falseAlarms() {
    var random = SeededGenerator(seed: 20_250_005)
    var alarms = 0
    for _ in 0..<2000 {
      let comparison = PairedComparison(
        old: Self.rates(&random, noise: 0.1), new: Self.rates(&random, noise: 0.1))
      if comparison.verdict != .noDifference { alarms += 1 }
    }
    #expect(alarms <= 100, "seed 20250005: \(alarms) of 2000")
    #expect(alarms > 20, "seed 20250005: an interval that is far too wide shows nothing at all")
  }

  @Test(
    "the interval's ends are those of the sign test",
    arguments: [(5, nil), (6, 0), (9, 1), (12, 2), (20, 5), (25, 7)] as [(Int, Int?)])
  func ranks(pairs: Int, rank: Int?) { #expect(PairedComparison.rank(pairCount: pairs) == rank) }

  @Test("too few windows show nothing, and the longer run's further windows are left out")
  func few() {
    let few = PairedComparison(old: [1, 1, 1, 1, 1], new: [2, 2, 2, 2, 2, 2, 2])
    #expect(few.verdict == .tooFew && few.interval == nil && few.pairCount == 5 && few.medianRatio == 2)
    let none = PairedComparison(old: [], new: [1])
    #expect(none.verdict == .tooFew && none.medianRatio == nil && none.line == "too few windows to say: no pairs")
  }

  @Test(
    "a run that is not stable is neither faster nor slower, and the figures stand all the same", arguments: [0.5, 2])
  func unstable(change: Double) throws {
    let old = [Double](repeating: 100, count: 20)
    let comparison = PairedComparison(old: old, new: old.map { $0 * change }, areStable: false)
    #expect(comparison.verdict == .notStable && comparison.medianRatio == change && comparison.interval != nil)
    #expect(comparison.line.hasPrefix("not stable, so neither faster nor slower: x "))
    #expect(PairedComparison(old: [1], new: [2], areStable: false).verdict == .tooFew)
  }

  @Test("the words admit what the interval takes for granted")
  func words() {
    #expect(PairedComparison.method.contains("takes the pairs for independent. Windows of one run are not"))
  }
}

@Suite struct BenchHintsTests {
  private static func facts(_ change: (inout BenchHints.Facts) -> Void) -> BenchHints.Facts {
    var facts = BenchHints.Facts()
    (facts.coreBusy, facts.processorCount, facts.inFlight) = ([0.99, 0.98], 2, 8)
    change(&facts)
    return facts
  }

  @Test("says who waits for whom")
  func waiting() {
    #expect(
      BenchHints.make(of: Self.facts { _ in }) == [
        "the device is the limit: its 2 cores are busy 99 % of the time end to end"
      ])
    let waiting = BenchHints.make(of: Self.facts { $0.coreBusy = [0.5] })
    #expect(waiting.first == "the device waits for the host: its core is busy 50 % of the time end to end")
    #expect(waiting.contains { $0.hasPrefix("processors and device both have time left: try --in-flight auto, now 8") })
    let found = BenchHints.make(of: Self.facts { ($0.coreBusy, $0.isInFlightFound) = ([0.5], true) })
    #expect(!found.contains { $0.contains("--in-flight") })
  }

  @Test("names the stages that take much of a processor, the greatest first, and leaves out the small ones")
  func stages() {
    let hints = BenchHints.make(
      of: Self.facts {
        $0.stages = [
          .init("write", processors: 0.3), .init("decode", processors: 0.24),
          .init("preprocess", processors: 0.61, advice: "about 83 % of it resizing"),
        ]
      })
    #expect(
      Array(hints.dropFirst().prefix(2)) == [
        "preprocess takes 61 % of a processor core, about 83 % of it resizing", "write takes 30 % of a processor core",
      ])
    #expect(!hints.contains { $0.hasPrefix("decode") })
  }

  @Test("says when the processors are what limits, and when they are the device")
  func processors() {
    let full = BenchHints.make(
      of: Self.facts {
        ($0.stages, $0.coreBusy) = (
          [.init("write", processors: 1.2), .init("decode", processors: 0.7)], [0.6]
        )
      })
    #expect(full.contains { $0.hasSuffix("of all 2 processors: the host is the limit") })
    let own = BenchHints.make(of: Self.facts { $0.deviceIsProcessor = true })
    #expect(own == ["the device is this machine's processor: what the host stages take, it lacks"])
  }

  @Test("puts what is not stable first")
  func unstable() {
    let hints = BenchHints.make(of: Self.facts { ($0.unstablePhases, $0.shareOfDeviceOnly) = (["latency"], 0.87) })
    #expect(hints.first?.hasPrefix("latency is not stable: ") == true)
    #expect(hints.last == "end to end gives 87 % of the frames of the device alone")
  }
}
