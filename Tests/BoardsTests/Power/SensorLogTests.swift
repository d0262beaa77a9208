import Boards
import Tensors
import TestSupport
import Testing

@Suite struct SensorLogTests {
  private static func log(_ quantity: PowerSensor.Quantity, range: Double? = nil) -> SensorLog {
    SensorLog(PowerSensor("X", quantity, origin: "/x", group: "", counterRange: range) { 0 }, longestGap: 1)
  }

  @Test("a counter that wraps any number of times gives the energy that flowed", arguments: UInt64(1)...50)
  func wrapping(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let range = Double(Int.random(in: 50...400, using: &random))
    var log = Self.log(.energy, range: range)
    var (flowed, seconds) = (Double.random(in: 0...range, using: &random), 0.0)
    let first = flowed
    for _ in 0..<300 {
      _ = log.take(.success(flowed.truncatingRemainder(dividingBy: range)), at: seconds)
      seconds += .random(in: 0.05...0.2, using: &random)
      flowed += .random(in: 0...20, using: &random)
    }
    _ = log.take(.success(flowed.truncatingRemainder(dividingBy: range)), at: seconds)
    let found = log.trace.statistics(from: 0, to: seconds)
    #expect(abs(found.integral - (flowed - first)) < 1e-6, "seed \(seed)")
    #expect(log.droppedCount == 0 && abs(found.coveredSeconds - seconds) < 1e-9)
  }

  @Test("a counter that goes back without a range, or jumps, begins anew and is named")
  func jumps() {
    var log = Self.log(.energy)
    #expect(log.take(.success(100), at: 0) == .sample(0))
    #expect(log.take(.success(101), at: 0.1) == .sample(1))
    #expect(log.take(.success(5), at: 0.2) == .anew(1))
    #expect(log.take(.success(7), at: 0.3) == .sample(3))
    #expect(log.droppedCount == 1 && log.firstDropped == "jumped from 101.0 J to 5.0 J")
    #expect(log.trace.statistics(from: 0, to: 0.3).integral == 3)
    #expect(abs(log.trace.statistics(from: 0, to: 0.3).coveredSeconds - 0.2) < 1e-12)
    var ranged = Self.log(.energy, range: 65_536)
    _ = ranged.take(.success(1000), at: 0)
    // A counter that was reset looks like one that wrapped, but no processor takes 645 kW.
    #expect(ranged.take(.success(0), at: 0.1) == .anew(0) && ranged.droppedCount == 1)
    #expect(ranged.take(.success(70_000), at: 0.2) == .dropped, "beyond its own range")
  }

  @Test(
    "a value that can't be is dropped, counted and named", arguments: [PowerSensor.Quantity.power, .temperature],
    [-5000.0, 1638.4 * 1000, .nan, .infinity])
  func absurd(quantity: PowerSensor.Quantity, value: Double) {
    var log = Self.log(quantity)
    #expect(log.take(.success(40), at: 0) == .sample(40))
    #expect(log.take(.success(value), at: 0.1) == .dropped)
    #expect(log.take(.success(40), at: 0.2) == .sample(40))
    #expect(log.droppedCount == 1 && log.firstDropped == "shows \(value), which can't be")
    let found = log.trace.statistics(from: 0, to: 1)
    #expect(found.mean == 40 && found.count == 2 && found.maximum == 40)
  }

  @Test("says how a sensor is doing")
  func conditions() {
    var log = Self.log(.power)
    #expect(log.condition(at: 0) == .waiting)
    log.ask(at: 1)
    #expect(log.condition(at: 2) == .waiting)
    #expect(log.condition(at: 3.5) == .stalled(seconds: 2.5))
    _ = log.take(.success(1), at: 4)
    #expect(log.condition(at: 4) == .answering)
    _ = log.take(.failure(BoardError(.unavailable, "gone")), at: 5)
    #expect(log.condition(at: 5) == .failing("gone") && log.failureCount == 1 && log.droppedCount == 0)
    _ = log.take(.failure(BoardError(.malformed, "holds 'x'")), at: 6)
    #expect(log.condition(at: 6) == .failing("holds 'x'") && log.failureCount == 1 && log.droppedCount == 1)
    _ = log.take(.success(2), at: 7)
    #expect(log.condition(at: 7) == .answering && log.firstFailure == "gone")
  }

  @Test("sensors asked one after another add up, once for each time that all have answered")
  func sum() {
    var sum = SensorSum(of: [0, 2], .level, longestGap: 1)
    sum.take(.sample(1), of: 0, at: 0)
    sum.take(.sample(50), of: 1, at: 0.01)
    #expect(sum.trace.samples.isEmpty)
    sum.take(.sample(2), of: 2, at: 0.02)
    #expect(sum.trace.samples.map(\.value) == [3] && sum.trace.samples.map(\.seconds) == [0.01])
    sum.take(.sample(4), of: 0, at: 0.1)
    sum.take(.dropped, of: 2, at: 0.12)
    sum.take(.sample(6), of: 0, at: 0.2)
    sum.take(.sample(2), of: 2, at: 0.22)
    #expect(sum.trace.samples.map(\.value) == [3, 8])
    sum.take(.sample(9), of: 0, at: 0.3)
    sum.take(.sample(2), of: 2, at: 5)
    #expect(sum.trace.samples.count == 2, "what is old is not added to what is new")
  }
}
