import Foundation
import Testing
import Threads

struct MonitorTests {
  @Test("a wait ends with the change that it waits for")
  func waking() {
    let monitor = Monitor(0)
    let thread = Thread { for _ in 0..<5 { monitor.update { $0 += 1 } } }
    thread.start()
    #expect(monitor.wait(timeLimit: .seconds(60)) { $0 == 5 ? $0 : nil } == 5)
  }

  @Test("a wait ends when its time is up, and not before")
  func deadline() {
    let monitor = Monitor(0)
    let clock = ContinuousClock()
    let start = clock.now
    #expect(monitor.wait(timeLimit: .milliseconds(30)) { $0 > 0 ? $0 : nil } == nil)
    #expect(clock.now - start >= .milliseconds(30))
  }

  @Test("a time limit of zero looks once; one of centuries is no trap")
  func extremes() {
    let monitor = Monitor(7)
    #expect(monitor.wait(timeLimit: .zero) { $0 } == 7)
    #expect(monitor.wait(timeLimit: .zero) { _ -> Int? in nil } == nil)
    let thread = Thread { monitor.update { $0 = 8 } }
    thread.start()
    #expect(monitor.wait(timeLimit: .seconds(Int64.max / 4)) { $0 == 8 ? $0 : nil } == 8)
  }
}
