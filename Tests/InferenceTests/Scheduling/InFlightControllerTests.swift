import Inference
import Tensors
import Testing
import Threads

struct InFlightControllerTests {
  /// A machine whose rate is known for each number of jobs in flight.
  private struct Machine {
    var controller: InFlightController
    var random: SeededGenerator
    var noise = 0.0
    private var now = 0.0

    init(most: Int, seed: UInt64) {
      controller = InFlightController(rules: .init(most: most))
      random = SeededGenerator(seed: seed)
    }

    /// Lets so many jobs end.
    mutating func run(_ jobs: Int, rate: (Int) -> Double) {
      for _ in 0..<jobs {
        let factor = 1 + noise * (Double(Int.random(in: -1000...1000, using: &random)) / 1000)
        now += 1e9 / rate(controller.inFlight) * factor
        _ = controller.jobEnded(at: Moment(nanoseconds: Int64(now)))
      }
    }
  }

  /// Jobs that take `work` on one of some cores and `rest` elsewhere: more help until the cores are busy.
  private static func rate(cores: Double, work: Double, rest: Double) -> (Int) -> Double {
    { inFlight in min(Double(inFlight) / (work + rest), cores / work) }
  }

  @Test(
    "the knee is the fewest jobs in flight that keep all cores busy",
    arguments: [
      (1.0, 0.006, 0.0, 1), (1.0, 0.006, 0.001, 2), (2.0, 0.006, 0.0, 2), (2.0, 0.006, 0.002, 3),
      (2.0, 0.006, 0.006, 4), (4.0, 0.001, 0.0, 4), (3.0, 0.0001, 0.0002, 9),
    ])
  func knee(cores: Double, work: Double, rest: Double, expected: Int) {
    var machine = Machine(most: 16, seed: 1)
    machine.run(30_000, rate: Self.rate(cores: cores, work: work, rest: rest))
    #expect(machine.controller.isSettled)
    #expect(machine.controller.inFlight == expected)
    #expect(machine.controller.steps.map(\.inFlight) == Array(1...machine.controller.steps.count))
  }

  @Test("noise of a tenth from job to job moves the knee by one at most", arguments: 1...20)
  func noise(seed: UInt64) {
    var machine = Machine(most: 12, seed: seed)
    machine.noise = 0.1
    machine.run(6000, rate: Self.rate(cores: 2, work: 0.006, rest: 0.006))
    #expect((3...5).contains(machine.controller.inFlight), "seed \(seed)")
  }

  @Test("it never asks for more than the most")
  func most() {
    var machine = Machine(most: 3, seed: 1)
    machine.run(4000) { Double($0) * 100 }
    #expect(machine.controller.inFlight == 3)
    #expect(machine.controller.steps.count == 3)
  }

  @Test("when the rate changes for long, it searches again; a short change is let pass")
  func drift() {
    var machine = Machine(most: 8, seed: 1)
    machine.run(4000, rate: Self.rate(cores: 2, work: 0.006, rest: 0))
    #expect(machine.controller.inFlight == 2)
    machine.run(20) { _ in 20 }
    machine.run(200, rate: Self.rate(cores: 2, work: 0.006, rest: 0))
    #expect(machine.controller.isSettled && machine.controller.inFlight == 2)
    machine.run(4000, rate: Self.rate(cores: 4, work: 0.003, rest: 0))
    #expect(machine.controller.isSettled && machine.controller.inFlight == 4)
  }
}
