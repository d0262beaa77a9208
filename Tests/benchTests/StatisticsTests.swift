import Testing
import bench

@Suite struct StatisticsTests {
  @Test(arguments: [
    (milliseconds: [4], best: 4.0, median: 4.0, p90: 4.0),
    (milliseconds: [3, 1], best: 1.0, median: 2.0, p90: 3.0),
    (milliseconds: [9, 1, 5], best: 1.0, median: 5.0, p90: 9.0),
    (milliseconds: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1], best: 1.0, median: 5.5, p90: 9.0),
    (milliseconds: [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], best: 1.0, median: 6.0, p90: 10.0),
  ])
  func statisticsTakeTheRightPlacesOfTheSortedTimes(
    milliseconds: [Int], best: Double, median: Double, p90: Double
  ) {
    let statistics = Statistics(milliseconds.map { .milliseconds($0) })
    #expect(statistics.runs == milliseconds.count)
    #expect(statistics.bestMilliseconds == best)
    #expect(statistics.medianMilliseconds == median)
    #expect(statistics.p90Milliseconds == p90)
    #expect(statistics.bestFramesPerSecond == 1000 / best)
    #expect(statistics.medianFramesPerSecond == 1000 / median)
  }
}
