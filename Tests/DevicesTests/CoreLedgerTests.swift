import Devices
import Tensors
import Testing

struct CoreLedgerTests {
  @Test("free cores are given out, lowest number first, only those that fit")
  func granting() {
    var ledger = CoreLedger(coreCount: 3)
    #expect(ledger.request(among: [1, 2]) == .granted(core: 1))
    #expect(ledger.request(among: [0, 1, 2]) == .granted(core: 0))
    #expect(ledger.request(among: [0, 1]) == .queued(ticket: 1))
    #expect(ledger.cores == [.taken, .taken, .free])
  }

  @Test("who asked first gets the next core that fits")
  func order() {
    var ledger = CoreLedger(coreCount: 2)
    _ = ledger.request(among: [0])
    _ = ledger.request(among: [1])
    #expect(ledger.request(among: [1]) == .queued(ticket: 1))
    #expect(ledger.request(among: [0, 1]) == .queued(ticket: 2))
    #expect(ledger.request(among: [0, 1]) == .queued(ticket: 3))
    #expect(free(0, &ledger) == 2)
    #expect(ledger.answer(toTicket: 1) == nil)
    #expect(ledger.answer(toTicket: 2) == .granted(core: 0))
    #expect(ledger.collect(ticket: 1) == nil)
    #expect(ledger.collect(ticket: 2) == .granted(core: 0))
    #expect(ledger.answer(toTicket: 2) == nil)
    #expect(free(1, &ledger) == 1)
    #expect(ledger.collect(ticket: 1) == .granted(core: 1))
    #expect(ledger.collect(ticket: 3) == nil)
    #expect(free(0, &ledger) == 3)
    #expect(ledger.collect(ticket: 3) == .granted(core: 0))
  }

  private func free(_ core: Int, _ ledger: inout CoreLedger) -> Int? { ledger.free(core) }

  private func withdraw(_ ticket: Int, _ ledger: inout CoreLedger) -> Bool { ledger.withdraw(ticket: ticket) }

  @Test("who stops waiting gets no core, but can't stop any more once it has one")
  func withdrawing() {
    var ledger = CoreLedger(coreCount: 1)
    _ = ledger.request(among: [0])
    _ = ledger.request(among: [0])
    _ = ledger.request(among: [0])
    #expect(withdraw(1, &ledger) == true)
    #expect(free(0, &ledger) == 2)
    #expect(withdraw(2, &ledger) == false)
    #expect(ledger.collect(ticket: 1) == nil)
    #expect(ledger.collect(ticket: 2) == .granted(core: 0))
    #expect(free(0, &ledger) == nil)
    #expect(ledger.cores == [.free])
  }

  @Test("who waits for lost cores only is told, others go on waiting")
  func losing() {
    var ledger = CoreLedger(coreCount: 2)
    _ = ledger.request(among: [0])
    _ = ledger.request(among: [1])
    _ = ledger.request(among: [0])
    _ = ledger.request(among: [0, 1])
    ledger.lose(0)
    #expect(ledger.collect(ticket: 1) == .noneLeft)
    #expect(ledger.collect(ticket: 2) == nil)
    #expect(ledger.request(among: [0]) == .noneLeft)
    ledger.lose(1)
    #expect(ledger.collect(ticket: 2) == .noneLeft)
  }

  private func reclaim(_ ledger: inout CoreLedger) -> Bool { ledger.reclaim(0) }

  @Test("a lost core is looked at by one at a time and can come back")
  func reclaiming() {
    var ledger = CoreLedger(coreCount: 1)
    #expect(reclaim(&ledger) == false)
    _ = ledger.request(among: [0])
    #expect(reclaim(&ledger) == false)
    ledger.lose(0)
    #expect(reclaim(&ledger) == true)
    #expect(reclaim(&ledger) == false)
    #expect(ledger.request(among: [0]) == .queued(ticket: 1))
    #expect(free(0, &ledger) == 1)
    #expect(ledger.collect(ticket: 1) == .granted(core: 0))
  }

  @Test("no core is ever given to two, and none gets out of hand", arguments: UInt64(1)...20)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var ledger = CoreLedger(coreCount: 3)
    var holders: Set<Int> = []
    var tickets: [Int] = []
    func grant(_ answer: CoreLedger.Answer) {
      guard case .granted(let core) = answer else { return }
      #expect(holders.insert(core).inserted, "seed \(seed): core \(core) was given to two")
    }
    for _ in 0..<500 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0, 1:
        let answer = ledger.request(among: [[0, 1, 2], [0], [1, 2]].randomElement(using: &random) ?? [0])
        if case .queued(let ticket) = answer { tickets.append(ticket) } else { grant(answer) }
      case 2:
        guard let core = holders.randomElement(using: &random) else { continue }
        holders.remove(core)
        let ticket = ledger.free(core)
        #expect(ticket.map { tickets.contains($0) } ?? true, "seed \(seed): given to one who does not wait")
      case 3:
        guard let index = tickets.indices.randomElement(using: &random) else { continue }
        let isWithdrawn = ledger.withdraw(ticket: tickets.remove(at: index))
        #expect(isWithdrawn, "seed \(seed): all answers are collected at once")
      case 4:
        guard let core = holders.randomElement(using: &random) else { continue }
        holders.remove(core)
        ledger.lose(core)
      default:
        let core = Int.random(in: 0..<3, using: &random)
        if ledger.reclaim(core) { grant(.granted(core: core)) }
      }
      for (index, ticket) in tickets.enumerated().reversed() {
        guard let answer = ledger.collect(ticket: ticket) else { continue }
        tickets.remove(at: index)
        grant(answer)
      }
      for core in 0..<3 {
        #expect((ledger.cores[core] == .taken) == holders.contains(core), "seed \(seed): core \(core)")
      }
      #expect(ledger.queueCount == tickets.count, "seed \(seed)")
    }
  }
}
