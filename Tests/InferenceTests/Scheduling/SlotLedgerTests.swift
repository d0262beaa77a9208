import Inference
import Tensors
import Testing
import Threads

struct SlotLedgerTests {
  /// The ticket and the buffers that it got.
  private func pair(_ grant: SlotLedger.Grant?) -> [Int]? { grant.map { [$0.ticket, $0.slot] } }

  @Test("buffers come from the device with the fewest in use for each core at work")
  func homes() {
    var ledger = SlotLedger(slots: [[0, 1, 2, 3], [4, 5]], coreCounts: [2, 1], patience: 4)
    #expect((0..<6).map { _ in ledger.requestNow() } == [0, 4, 1, 2, 5, 3])
    #expect(ledger.requestNow() == nil)
    #expect(ledger.inUseCount == 6)
  }

  @Test("a device without cores comes last")
  func deadDevice() {
    var ledger = SlotLedger(slots: [[0, 1], [2, 3]], coreCounts: [1, 1], patience: 4)
    ledger.setCoreCount(0, ofHome: 0)
    #expect((0..<4).map { _ in ledger.requestNow() } == [2, 3, 0, 1])
  }

  @Test("who waits gets what is given back, by priority, and nobody jumps the line")
  func waiting() {
    var ledger = SlotLedger(slots: [[0]], coreCounts: [1], patience: 9)
    #expect(ledger.request(JobOptions()) == .granted(slot: 0))
    #expect(ledger.request(JobOptions(priority: .low)) == .queued(ticket: 1))
    #expect(ledger.request(JobOptions(priority: .high)) == .queued(ticket: 2))
    #expect(ledger.request(JobOptions()) == .queued(ticket: 3))
    #expect(ledger.requestNow() == nil)
    #expect(ledger.withdraw(ticket: 3) == true)
    #expect(ledger.withdraw(ticket: 3) == false)
    #expect(pair(ledger.giveBack(0)) == [2, 0])
    #expect(ledger.withdraw(ticket: 2) == false)
    #expect(pair(ledger.giveBack(0)) == [1, 0])
    #expect(ledger.giveBack(0) == nil)
    #expect(ledger.inUseCount == 0)
  }

  @Test("who has waited until its time was up is let go, one after another")
  func late() {
    var ledger = SlotLedger(slots: [[0]], coreCounts: [1], patience: 9)
    _ = ledger.requestNow()
    for deadline in [Int64(30), 10, 20] {
      _ = ledger.request(JobOptions(deadline: Moment(nanoseconds: deadline)))
    }
    _ = ledger.request(JobOptions())
    #expect(ledger.nextDeadline == Moment(nanoseconds: 10))
    #expect(ledger.withdrawLate(at: Moment(nanoseconds: 9)) == nil)
    let late = [ledger.withdrawLate(at: Moment(nanoseconds: 20)), ledger.withdrawLate(at: Moment(nanoseconds: 20))]
    #expect(late.contains(2) && late.contains(3))
    #expect(ledger.withdrawLate(at: Moment(nanoseconds: 20)) == nil)
    #expect(ledger.nextDeadline == Moment(nanoseconds: 30))
    #expect(pair(ledger.giveBack(0)) == [1, 0])
  }

  @Test("buffers that moved come back to their new device")
  func moving() {
    var ledger = SlotLedger(slots: [[0], [1]], coreCounts: [1, 1], patience: 9)
    #expect(ledger.requestNow() == 0)
    ledger.move(0, toHome: 1)
    #expect(ledger.giveBack(0) == nil)
    ledger.setCoreCount(0, ofHome: 0)
    #expect(Set([ledger.requestNow(), ledger.requestNow()].compactMap { $0 }) == [0, 1])
  }

  @Test("whatever the order of events, buffers are with one owner each and nobody waits in vain", arguments: 1...20)
  func properties(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...6, using: &random)
    var ledger = SlotLedger(slots: [Array(0..<count)], coreCounts: [1], patience: 3)
    var taken: Set<Int> = []
    var waiting: Set<Int> = []
    for _ in 0..<500 {
      switch Int.random(in: 0...4, using: &random) {
      case 0...2:
        let priority = JobPriority.allCases.randomElement(using: &random) ?? .normal
        switch ledger.request(JobOptions(priority: priority)) {
        case .granted(let slot): #expect(taken.insert(slot).inserted, "seed \(seed)")
        case .queued(let ticket): waiting.insert(ticket)
        }
      default:
        guard let slot = taken.sorted().randomElement(using: &random) else { continue }
        taken.remove(slot)
        if let grant = ledger.giveBack(slot) {
          #expect(waiting.remove(grant.ticket) != nil, "seed \(seed)")
          #expect(taken.insert(grant.slot).inserted, "seed \(seed)")
        }
      }
      #expect(ledger.inUseCount == taken.count && ledger.waitingCount == waiting.count, "seed \(seed)")
      #expect(waiting.isEmpty || taken.count == count, "seed \(seed): someone waits in vain")
    }
  }
}
