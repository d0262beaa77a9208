import Boards
import Foundation
import TestSupport
import Testing

@Suite struct PowerMeterTests {
  private static let power = "sys/class/hwmon/hwmon1/power1_input"

  /// Measures a tree while a closure runs.
  private static func measure<R>(
    _ board: String?, interval: Duration = .milliseconds(2), _ fill: (SensorTree) throws -> Void,
    _ body: (PowerMeter, SensorTree) throws -> R
  ) throws -> R {
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try fill(tree)
      let meter = try PowerMeter(try tree.sensors(of: board), interval: interval)
      defer { meter.stop() }
      return try body(meter, tree)
    }
  }

  /// Waits until something is so; a test whose wait never ends is ended by its time limit.
  private static func wait(_ condition: () -> Bool) { while !condition() { usleep(500) } }

  /// Waits until every sensor has been asked anew, and gives the instant: on a busy machine a mark gives up before.
  private static func settle(_ meter: PowerMeter) -> ContinuousClock.Instant {
    let begin = meter.epoch.duration(to: .now) / .seconds(1)
    var place = SamplePlace()
    var counts: [String: Int] = [:]
    // The first sample may have been under way.
    wait {
      for sample in meter.samples(since: &place) where sample.seconds > begin {
        counts[sample.sensor.label, default: 0] += 1
      }
      return counts.count == meter.sensors.sensors.count && counts.values.allSatisfy { $0 > 1 }
    }
    return .now
  }

  @Test("a steady rail gives its watts, and joules by the covered time", .timeLimit(.minutes(1)))
  func steady() throws {
    try Self.measure("kv260", { try $0.addKV260() }) { meter, _ in
      try meter.start()
      let begin = Self.settle(meter)
      usleep(30_000)
      let end = Self.settle(meter)
      _ = Self.settle(meter)
      let summary = meter.summary(from: begin, to: end)
      let total = try #require(summary.total)
      #expect(total.label == "SOM" && abs((total.statistics.mean ?? 0) - 5.1) < 1e-9 && total.problem == nil)
      #expect(total.statistics.minimum == 5.1 && total.statistics.maximum == 5.1)
      #expect((total.statistics.standardDeviation ?? 1) < 1e-9)
      // There are samples before the span and behind it: all is covered.
      #expect(abs(total.coverage - 1) < 1e-9 && summary.seconds >= 0.03)
      #expect(abs((total.joules ?? 0) - 5.1 * summary.seconds) < 1e-9)
      #expect(abs((summary.framesPerJoule(100) ?? 0) - 100 / (5.1 * summary.seconds)) < 1e-9)
      #expect(summary.temperatures.map(\.label) == ["PS (LPD)", "PS (FPD)", "PL"])
      #expect(summary.temperatures.map { $0.statistics.maximum } == [41.25, 42.5, 43.75])
      #expect(meter.latest().totalWatts == 5.1)
    }
  }

  @Test("power that changes is told from an idle span before", .timeLimit(.minutes(1)))
  func idle() throws {
    try Self.measure("kv260", { try $0.addKV260() }) { meter, tree in
      try meter.start()
      let idle = Self.settle(meter)
      let idleEnd = Self.settle(meter)
      // One more sample, so that the line to the first of the load begins behind the idle span.
      _ = Self.settle(meter)
      try tree.set(Self.power, "9100000\n")
      let begin = Self.settle(meter)
      let end = Self.settle(meter)
      _ = Self.settle(meter)
      let summary = meter.summary(from: begin, to: end)
      let baseline = meter.summary(from: idle, to: idleEnd)
      #expect(abs((summary.meanWatts ?? 0) - 9.1) < 1e-9 && abs((baseline.meanWatts ?? 0) - 5.1) < 1e-9)
      #expect(abs((summary.watts(above: baseline) ?? 0) - 4) < 1e-9)
    }
  }

  @Test("the rails of a board without a total are added up", .timeLimit(.minutes(1)))
  func sumOfRails() throws {
    try Self.measure("ultra96v2", { try $0.addUltra96() }) { meter, _ in
      try meter.start()
      _ = Self.settle(meter)
      let summary = meter.summary(from: meter.epoch)
      let total = try #require(summary.total)
      #expect(total.label == "sum of 11 rails" && abs((total.statistics.mean ?? 0) - 6.25) < 1e-9)
      #expect(summary.rails.count == 11 && total.origin.hasPrefix("the sum of AUX, 1V2, "))
      #expect(abs((meter.latest().totalWatts ?? 0) - 6.25) < 1e-9)
    }
  }

  @Test("a processor's counter gives the energy between readings", .timeLimit(.minutes(1)))
  func processor() throws {
    let range = 50_000_000
    try Self.measure(nil, { try $0.addProcessor(microjoules: range - 100_000, range: range) }) { meter, tree in
      try meter.start()
      // The first reading, then one before the end of the counter.
      _ = Self.settle(meter)
      try tree.addProcessor(microjoules: range - 40_000, range: range)
      _ = Self.settle(meter)
      // Beyond its end.
      try tree.addProcessor(microjoules: 60_000, range: range)
      _ = Self.settle(meter)
      let summary = meter.summary(from: meter.epoch)
      let total = try #require(summary.total)
      #expect(total.label == "CPU package" && abs((total.joules ?? 0) - 0.16) < 1e-9)
      #expect(total.droppedCount == 0 && total.statistics.coveredSeconds < summary.seconds)
    }
  }

  @Test("a sensor that stalls holds up nothing, is named, and is taken again when it answers", .timeLimit(.minutes(2)))
  func stall() throws {
    try Self.measure("zcu104", { try $0.addZCU104() }) { meter, tree in
      let rail = "sys/class/hwmon/hwmon0/power2_input"
      try meter.start()
      try #require(meter.sensors.sensors.count == 13)
      Self.wait { meter.latest().rails.allSatisfy { $0.value != nil } }
      try tree.stall(rail)
      Self.wait { if case .stalled = meter.latest().rails[1].condition { true } else { false } }
      let readings = meter.latest()
      #expect(readings.rails[1].label == "INT" && readings.rails[1].value == nil, "an old value is not shown as now")
      #expect(readings.totalWatts == 13.9 && readings.totalProblem == nil, "another chip goes on")
      let begin = ContinuousClock.now
      Self.wait { (meter.summary(from: begin, to: .now).total?.statistics.count ?? 0) > 5 }
      let summary = meter.summary(from: begin)
      #expect(abs((summary.meanWatts ?? 0) - 13.9) < 1e-9 && (summary.total?.coverage ?? 0) > 0)
      #expect(summary.rails[1].joules == nil && summary.rails[1].coverage == 0)
      #expect(summary.rails[1].problem?.hasPrefix("has not answered for ") == true)
      try tree.release(rail, "250000\n")
      Self.wait { meter.latest().rails[1].value == 0.25 }
      let whole = meter.summary(from: meter.epoch).rails[1]
      #expect(whole.statistics.maximum == 0.25 && whole.coverage < 1, "the time of the stall is not covered")
    }
  }

  @Test("a meter whose sensor never answers starts, stops and goes away", .timeLimit(.minutes(1)))
  func stalledFromTheBeginning() throws {
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try tree.addKV260()
      try tree.stall(Self.power)
      var meter: PowerMeter? = try PowerMeter(try tree.sensors(of: "kv260"), interval: .milliseconds(2))
      try meter?.start()
      // Its temperatures are of another chip.
      Self.wait { meter?.latest().temperatures[2].value == 43.75 }
      let readings = try #require(meter).latest()
      #expect(readings.totalWatts == nil && readings.rails[0].value == nil)
      #expect(readings.rails[0].condition.problem?.hasPrefix("has not answered ") == true)
      let begin = ContinuousClock.now
      let found = meter?.summary(from: begin)
      let summary = try #require(found)
      #expect(summary.meanWatts == nil && summary.total?.joules == nil && summary.framesPerJoule(5) == nil)
      #expect(summary.total?.problem?.hasPrefix("has not answered ") == true && summary.total?.coverage == 0)
      meter?.stop()
      meter = nil
      try tree.release(Self.power, "1\n")
    }
  }

  @Test("a sensor that disappears is named, and energy is told of the covered time only", .timeLimit(.minutes(1)))
  func vanishing() throws {
    try Self.measure("kv260", { try $0.addKV260() }) { meter, tree in
      try meter.start()
      let begin = Self.settle(meter)
      usleep(10_000)
      _ = Self.settle(meter)
      try tree.remove("sys/class/hwmon/hwmon1")
      Self.wait { if case .failing = meter.latest().rails[0].condition { true } else { false } }
      #expect(meter.latest().totalProblem?.contains("No such file or directory") == true)
      // Longer by far than what was covered, on a busy machine too.
      let covered = meter.summary(from: begin).total?.statistics.coveredSeconds ?? 0
      Self.wait { begin.duration(to: .now) / .seconds(1) > 1.5 * covered + 0.05 }
      let summary = meter.summary(from: begin)
      let total = try #require(summary.total)
      #expect(total.problem == "cannot open: No such file or directory" && total.failureCount > 0)
      #expect(total.coverage < 0.9 && total.statistics.coveredSeconds > 0.009)
      #expect(abs((total.joules ?? 0) - 5.1 * total.statistics.coveredSeconds) < 1e-9)
      #expect(summary.spanJoules == nil && summary.framesPerJoule(10) == nil)
    }
  }

  @Test("garbage is dropped, counted and named, and the rest is as it was", .timeLimit(.minutes(1)))
  func garbage() throws {
    try Self.measure("kv260", { try $0.addKV260() }) { meter, tree in
      try meter.start()
      let begin = Self.settle(meter)
      var count = 0
      for text in ["rubbish\n", "", "4294967295000000\n"] {
        try tree.set(Self.power, text)
        Self.wait { (meter.summary(from: begin, to: .now).total?.droppedCount ?? 0) > count + 1 }
        count = meter.summary(from: begin, to: .now).total?.droppedCount ?? 0
      }
      try tree.set(Self.power, "5100000\n")
      _ = Self.settle(meter)
      let total = try #require(meter.summary(from: begin).total)
      #expect(total.droppedCount >= 3 && total.firstDropped == "holds 'rubbish', expected one whole number")
      #expect(abs((total.statistics.mean ?? 0) - 5.1) < 1e-9 && total.statistics.maximum == 5.1)
      #expect(total.problem == total.firstDropped)
    }
  }

  @Test("samples come once each, in order, with their own instants", .timeLimit(.minutes(1)))
  func samples() throws {
    try Self.measure("kv260", { try $0.addKV260() }) { meter, _ in
      var place = SamplePlace()
      #expect(meter.samples(since: &place).isEmpty)
      try meter.start()
      var all: [MeasuredSample] = []
      while all.count < 100 { all += meter.samples(since: &place) }
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.seconds <= $1.seconds || $0.sensor.label != $1.sensor.label })
      for label in ["SOM", "PL"] {
        let instants = all.filter { $0.sensor.label == label }.map(\.seconds)
        #expect(instants.count > 5 && zip(instants, instants.dropFirst()).allSatisfy { $0 < $1 }, "\(label)")
      }
    }
  }

  @Test("without sensors nothing is measured, and nothing is claimed")
  func nothing() throws {
    try Self.measure(nil, { _ in }) { meter, _ in
      try meter.start()
      let summary = meter.summary(from: meter.mark())
      #expect(summary.total == nil && summary.rails.isEmpty && summary.meanWatts == nil)
      #expect(summary.framesPerJoule(10) == nil && meter.latest().totalWatts == nil)
    }
  }
}
