import SoftwareDPU
import TestSupport
import Tensors
import Testing

@Suite struct ArenaPlannerTests {
  @Test("tensors that live together never share a byte", arguments: 1...40 as ClosedRange<UInt64>)
  func disjoint(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var planner = ArenaPlanner()
    var lives: [(bytes: Int, first: Int, last: Int)] = []
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let life = (
        bytes: Int.random(in: 0...5000, using: &random), first: Int.random(in: -1...50, using: &random),
        length: Int.random(in: 0...20, using: &random)
      )
      let number = planner.add(byteCount: life.bytes, at: life.first)
      planner.use(number, at: life.first + life.length)
      lives.append((life.bytes, life.first, life.first + life.length))
    }
    let plan = planner.plan()
    for one in lives.indices {
      #expect(plan.offsets[one] % 64 == 0)
      #expect(plan.offsets[one] + lives[one].bytes <= plan.byteCount, "seed \(seed)")
      for other in lives.indices where other < one {
        let together = lives[one].first <= lives[other].last && lives[other].first <= lives[one].last
        let apart =
          plan.offsets[one] + lives[one].bytes <= plan.offsets[other]
          || plan.offsets[other] + lives[other].bytes <= plan.offsets[one]
        #expect(!together || apart, "seed \(seed): tensors \(one) and \(other)")
      }
    }
  }

  @Test("a chain needs memory for its two largest neighbours only")
  func chain() {
    var planner = ArenaPlanner()
    for step in 0..<10 {
      let number = planner.add(byteCount: 6400, at: step)
      planner.use(number, at: step + 1)
    }
    #expect(planner.plan().byteCount == 2 * 6400)
  }
}
