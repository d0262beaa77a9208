import Foundation
import Testing
import Threads

struct GuardedTests {
  @Test("what several threads change at a time loses no change")
  func exclusion() {
    let numbers = Guarded<[Int]>([])
    let done = Monitor(0)
    for thread in 0..<4 {
      Thread {
        for step in 0..<1000 { numbers.withLock { $0.append(thread * 1000 + step) } }
        done.update { $0 += 1 }
      }
      .start()
    }
    #expect(done.wait(timeLimit: .seconds(60)) { $0 == 4 ? $0 : nil } == 4)
    let all = numbers.withLock { $0 }
    #expect(all.sorted() == Array(0..<4000))
    for thread in 0..<4 {
      let own = all.filter { $0 / 1000 == thread }
      #expect(own == own.sorted(), "the changes of thread \(thread) are out of order")
    }
  }

  @Test("a change that throws leaves the lock free")
  func throwing() {
    struct Refusal: Error {}
    let number = Guarded(1)
    #expect(throws: Refusal.self) {
      try number.withLock { number in
        number = 2
        throw Refusal()
      }
    }
    #expect(number.withLock { $0 } == 2)
  }
}
