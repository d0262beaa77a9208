import Inference
import Serving
import Tensors
import Testing

@Suite struct FairLineTests {
  typealias Line = FairLine<String>

  @Test("gives places while there are some, then lets wait in the order of coming")
  func order() {
    var line = Line(placeCount: 1)
    #expect(line.arrive(1, of: "a", .normal) == .admitted)
    #expect(line.arrive(2, of: "a", .normal) == .waits)
    #expect(line.arrive(3, of: "a", .normal) == .waits)
    #expect(line.leave(1) == 2)
    #expect(line.isAdmitted(2) && line.isWaiting(3))
    #expect(line.leave(2) == 3)
    #expect(line.leave(3) == nil)
    #expect(line.heldCount == 0)
  }

  @Test("within a client the more urgent goes first")
  func priority() {
    var line = Line(placeCount: 1)
    _ = line.arrive(1, of: "a", .normal)
    for (ticket, priority) in [(2, JobPriority.low), (3, .normal), (4, .high), (5, .high)] {
      #expect(line.arrive(ticket, of: "a", priority) == .waits)
    }
    var order: [Int] = []
    var next: Int? = 1
    while let ticket = next {
      next = line.leave(ticket)
      if let next { order.append(next) }
    }
    #expect(order == [4, 5, 3, 2])
  }

  @Test("who floods waits for himself alone")
  func flood() {
    var line = Line(placeCount: 2)
    for ticket in 0..<100 { _ = line.arrive(ticket, of: "greedy", .high) }
    #expect(line.arrive(100, of: "modest", .low) == .waits)
    #expect(line.leave(0) == 100, "the modest one holds fewer places")
    #expect(line.arrive(101, of: "other", .low) == .waits)
    #expect(line.leave(1) == 101)
    #expect(line.leave(100) == 2)
  }

  @Test("clients take turns")
  func turns() {
    var line = Line(placeCount: 1)
    _ = line.arrive(0, of: "z", .normal)
    for ticket in 1...6 { _ = line.arrive(ticket, of: ticket <= 3 ? "a" : "b", .normal) }
    var order: [Int] = []
    var next: Int? = 0
    while let ticket = next {
      next = line.leave(ticket)
      if let next { order.append(next) }
    }
    #expect(order == [1, 4, 2, 5, 3, 6])
  }

  @Test("too many are told so at once")
  func limits() {
    var limits = Line.Limits()
    (limits.waitingCount, limits.waitingCountPerClient) = (3, 2)
    var line = Line(placeCount: 1, limits: limits)
    _ = line.arrive(0, of: "a", .normal)
    #expect(line.arrive(1, of: "a", .normal) == .waits)
    #expect(line.arrive(2, of: "a", .normal) == .waits)
    #expect(line.arrive(3, of: "a", .high) == .tooManyOfClient)
    #expect(line.arrive(4, of: "b", .normal) == .waits)
    #expect(line.arrive(5, of: "c", .normal) == .tooMany)
    #expect(line.leave(1) == nil, "one who waits and goes gives nobody a place")
    #expect(line.arrive(6, of: "c", .normal) == .waits)
  }

  @Test("whatever comes and goes, no place is lost or given twice")
  func random() {
    var generator = SeededGenerator(seed: 3)
    var line = FairLine<Int>(placeCount: 5)
    var admitted: Set<Int> = []
    var waiting: Set<Int> = []
    for ticket in 0..<20_000 {
      if Bool.random(using: &generator) {
        switch line.arrive(ticket, of: Int.random(in: 0..<9, using: &generator), JobPriority.allCases[ticket % 3]) {
        case .admitted: admitted.insert(ticket)
        case .waits: waiting.insert(ticket)
        case .tooMany, .tooManyOfClient: break
        }
      } else if let gone = (Bool.random(using: &generator) ? admitted : waiting).min() {
        let next = line.leave(gone)
        if admitted.remove(gone) == nil {
          waiting.remove(gone)
          #expect(next == nil)
        } else if let next {
          #expect(waiting.remove(next) != nil)
          admitted.insert(next)
        } else {
          #expect(waiting.isEmpty)
        }
      }
      #expect(admitted.count == line.heldCount && waiting.count == line.waitingCount)
      #expect(admitted.count <= 5 && (waiting.isEmpty || admitted.count == 5))
    }
  }
}
