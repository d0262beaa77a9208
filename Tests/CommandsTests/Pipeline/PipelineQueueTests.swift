import Commands
import Devices
import Tensors
import TestSupport
import Testing
import Threads

@Suite struct PipelineQueueTests {
  @Test("a queue gives everything in order to a slow taker, and never holds more than its places")
  func bounded() throws {
    let queue = BoundedQueue<Int>(capacity: 3)
    let ahead = Monitor((put: 0, taken: 0, most: 0))
    let putter = try OwnThread {
      for number in 0..<200 {
        guard queue.put(number) else { return }
        ahead.update {
          $0.put += 1
          $0.most = max($0.most, $0.put - $0.taken)
        }
      }
      queue.close()
    }
    var taken: [Int] = []
    while let number = queue.take() {
      taken.append(number)
      ahead.update { $0.taken += 1 }
    }
    putter.join()
    #expect(taken == Array(0..<200))
    // The taker counts a moment after it has taken: one more may seem to be in it.
    #expect(ahead.update { $0.most } <= 4)
  }

  @Test("a full queue keeps its putter waiting until there is a place")
  func full() throws {
    let queue = BoundedQueue<Int>(capacity: 2)
    let count = Monitor(0)
    let putter = try OwnThread {
      for number in 0..<3 where queue.put(number) { count.update { $0 += 1 } }
    }
    #expect(count.wait(timeLimit: .seconds(30)) { $0 == 2 ? true : nil } == true)
    #expect(count.wait(timeLimit: .milliseconds(50)) { $0 == 3 ? true : nil } == nil)
    #expect(queue.take() == 0)
    #expect(count.wait(timeLimit: .seconds(30)) { $0 == 3 ? true : nil } == true)
    putter.join()
  }

  @Test(
    "a closed queue takes nothing in and gives what it has, or nothing where that is dropped", arguments: [false, true])
  func closed(dropping: Bool) {
    let queue = BoundedQueue<Int>(capacity: 2)
    #expect(queue.put(7))
    queue.close(dropping: dropping)
    #expect(!queue.put(8))
    #expect(queue.take() == (dropping ? nil : 7))
    #expect(queue.take() == nil)
  }

  @Test("closing wakes a putter that waits for a place")
  func wakesPutter() throws {
    let queue = BoundedQueue<Int>(capacity: 1)
    #expect(queue.put(1))
    let answer = Monitor<Bool?>(nil)
    let putter = try OwnThread {
      let isIn = queue.put(2)
      answer.update { $0 = isIn }
    }
    queue.close(dropping: true)
    #expect(answer.wait(timeLimit: .seconds(30)) { $0 } == false)
    putter.join()
  }

  @Test("pieces come out by their numbers, whichever thread is done first", arguments: [1, 2, 5] as [UInt64])
  func order(seed: UInt64) throws {
    let handover = OrderedHandover<Int>(capacity: 4)
    let next = Monitor(0)
    let threads = try (0..<4).map { thread throws(DeviceError) in
      try OwnThread {
        var random = SeededGenerator(seed: seed * 100 + UInt64(thread))
        while true {
          let number = next.update { number in
            defer { number += 1 }
            return number
          }
          guard number < 500 else { return }
          for _ in 0..<Int.random(in: 0..<2000, using: &random) { _ = random.next() }
          _ = handover.put(number * 3, number: number)
        }
      }
    }
    for expected in 0..<500 { #expect(handover.take() == expected * 3, "seed \(seed)") }
    for thread in threads { thread.join() }
    handover.close()
    #expect(handover.take() == nil)
  }

  @Test("who is a whole hand-over ahead waits for the one whose turn it is")
  func ahead() throws {
    let handover = OrderedHandover<Int>(capacity: 2)
    #expect(handover.put(1, number: 1))
    let isIn = Monitor<Bool?>(nil)
    let thread = try OwnThread {
      let answer = handover.put(2, number: 2)
      isIn.update { $0 = answer }
    }
    #expect(isIn.wait(timeLimit: .milliseconds(50)) { $0 } == nil)
    #expect(handover.put(0, number: 0))
    #expect(handover.take() == 0)
    #expect(isIn.wait(timeLimit: .seconds(30)) { $0 } == true)
    thread.join()
    handover.close()
    #expect(handover.take() == 1 && handover.take() == 2 && handover.take() == nil)
  }

  @Test("a closed hand-over stops at the first gap and takes nothing in")
  func closedHandover() {
    let handover = OrderedHandover<Int>(capacity: 3)
    #expect(handover.put(0, number: 0) && handover.put(2, number: 2))
    handover.close()
    #expect(!handover.put(1, number: 1))
    #expect(handover.take() == 0 && handover.take() == nil)
  }
}
