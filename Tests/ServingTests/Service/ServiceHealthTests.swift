import Serving
import Testing
import Threads

/// Decisions about trust and life, without threads and clocks.
@Suite struct ServiceHealthTests {
  private static func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

  @Test("a core that is out keeps it from being ready, and ends it when the grace is over")
  func lostCore() {
    var health = ServiceHealth(coreGrace: .seconds(10))
    #expect(health.fault == nil)
    health.coresAreOut([1], at: Self.at(100))
    #expect(health.fault?.words == "core 1 does not answer")
    #expect(health.fault?.refusesInferences == false)
    #expect(health.reasonToEnd(at: Self.at(109)) == nil)
    health.coresAreOut([0, 1], at: Self.at(109))
    #expect(health.fault?.words == "cores 0, 1 do not answer")
    #expect(health.reasonToEnd(at: Self.at(110)) != nil)
  }

  @Test("a core that works again makes it ready again, and its next loss counts from its own beginning")
  func recovery() {
    var health = ServiceHealth(coreGrace: .seconds(10))
    health.coresAreOut([0], at: Self.at(0))
    health.coresAreOut([], at: Self.at(9))
    #expect(health.fault == nil && health.reasonToEnd(at: Self.at(20)) == nil)
    health.coresAreOut([0], at: Self.at(30))
    #expect(health.reasonToEnd(at: Self.at(39)) == nil)
    #expect(health.reasonToEnd(at: Self.at(40)) == "core 0 does not answer")
  }

  @Test("a wrong answer ends it at once and for good, whatever the cores do")
  func wrongAnswer() {
    var health = ServiceHealth(coreGrace: .seconds(10))
    health.answerWasWrong("m: core 0: 1 byte")
    health.answerWasWrong("another")
    health.coresAreOut([], at: Self.at(1))
    let words = "the device gives wrong answers: m: core 0: 1 byte"
    #expect(health.fault?.words == words)
    #expect(health.fault?.refusesInferences == true)
    #expect(health.reasonToEnd(at: Self.at(1)) == words)
  }

  @Test("there is life while jobs end or none is under way")
  func progress() {
    var watch = ProgressWatch(patience: .seconds(5), from: Self.at(0))
    let steps: [(second: Int64, underway: Int, ended: Int, isWell: Bool)] = [
      (100, 0, 0, true), (104, 1, 0, true), (105, 1, 0, false), (106, 3, 1, true), (111, 3, 1, false),
      (112, 0, 1, true),
    ]
    for step in steps {
      let isWell = watch.isWell(underway: step.underway, ended: step.ended, at: Self.at(step.second))
      #expect(isWell == step.isWell, "second \(step.second)")
    }
  }

  @Test("the busy part is that of the window, not of the whole life")
  func busy() {
    var window = BusyWindow(length: .seconds(10))
    #expect(window.ratios.isEmpty)
    for second in 0...100 {
      // Idle for 50 seconds, then core 0 half and core 1 all of the time.
      let busy = max(0, second - 50)
      window.add([.milliseconds(500 * busy), .seconds(busy)], at: Self.at(Int64(second)))
      if second == 50 { #expect(window.ratios == [0, 0]) }
    }
    #expect(window.ratios == [0.5, 1])
  }
}
