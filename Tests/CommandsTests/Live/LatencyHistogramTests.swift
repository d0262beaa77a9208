import Commands
import Tensors
import Testing

@Suite struct LatencyHistogramTests {
  @Test("percentiles of any lengths are those of the sorted list within 1.6 %", arguments: [1, 2, 3])
  func percentiles(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var histogram = LatencyHistogram()
    var exact: [Int64] = []
    for _ in 0..<5000 {
      let nanoseconds = Int64.random(in: 0...Int64.max, using: &random) >> Int64.random(in: 4...62, using: &random)
      histogram.add(.nanoseconds(nanoseconds))
      exact.append(nanoseconds)
    }
    exact.sort()
    for share in [0, 0.01, 0.5, 0.9, 0.99, 1] {
      let rank = max(1, Int((Double(exact.count) * share).rounded(.up)))
      let expected = Double(exact[rank - 1])
      let (seconds, attoseconds) = try #require(histogram.percentile(share)).components
      let found = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
      #expect(abs(found - expected) <= expected * 0.016, "seed \(seed), share \(share): \(found) for \(expected)")
    }
    #expect(histogram.count == 5000 && histogram.longest == .nanoseconds(exact[4999]))
  }

  @Test("the longest is itself and not the middle of times like it")
  func longest() {
    var histogram = LatencyHistogram()
    // One below the end of a bucket from 1,048,576 to 1,064,959 ns.
    for nanoseconds in [1000, 1_064_958] { histogram.add(.nanoseconds(nanoseconds)) }
    #expect(histogram.percentile(1) == .nanoseconds(1_064_958) && histogram.longest == .nanoseconds(1_064_958))
  }

  @Test("has no percentile of nothing, and takes times that went backwards as none")
  func edges() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == nil)
    histogram.add(.seconds(-1))
    #expect(histogram.percentile(1) == .zero)
  }
}
