import Inference
import Testing
import Threads

struct WaitingLineTests {
  private let both = CoreSet([0, 1])

  private func options(_ priority: JobPriority, _ deadline: Int64? = nil) -> JobOptions {
    JobOptions(priority: priority, deadline: deadline.map { Moment(nanoseconds: $0) })
  }

  private func order(of line: WaitingLine, core: Int = 0) -> [Int] {
    var line = line
    var result: [Int] = []
    while let entry = line.take(for: core) { result.append(entry.number) }
    return result
  }

  @Test("priority goes before deadline, deadline before coming")
  func order() {
    var line = WaitingLine(patience: 100)
    line.append(0, options(.normal), cores: both)
    line.append(1, options(.normal, 50), cores: both)
    line.append(2, options(.low, 1), cores: both)
    line.append(3, options(.high), cores: both)
    line.append(4, options(.normal, 20), cores: both)
    line.append(5, options(.normal), cores: both)
    #expect(order(of: line) == [3, 4, 1, 0, 5, 2])
  }

  @Test("who does not fit a core is left in the line")
  func cores() {
    var line = WaitingLine(patience: 100)
    line.append(0, options(.high), cores: CoreSet([1]))
    line.append(1, options(.low), cores: both)
    #expect(line.take(for: 0)?.number == 1)
    #expect(line.take(for: 0) == nil)
    #expect(line.take(for: 1)?.number == 0)
    #expect(line.isEmpty)
  }

  @Test("who was overtaken as often as patience allows is next", arguments: [0, 1, 3])
  func patience(patience: Int) {
    var line = WaitingLine(patience: patience)
    line.append(0, options(.low), cores: both)
    var taken: [Int] = []
    for number in 1...10 {
      line.append(number, options(.high), cores: both)
      if let entry = line.take(for: 0) { taken.append(entry.number) }
    }
    #expect(taken.firstIndex(of: 0) == patience)
  }

  @Test("who comes back has the place that it had")
  func comingBack() throws {
    var line = WaitingLine(patience: 100)
    for number in 0..<3 { line.append(number, options(.normal), cores: both) }
    let taken = line.take(for: 0)
    let entry = try #require(taken)
    line.putBack(entry, cores: CoreSet([1]))
    #expect(order(of: line, core: 1) == [0, 1, 2])
  }

  @Test("who leaves is gone, once")
  func leaving() {
    var line = WaitingLine(patience: 100)
    for number in 0..<3 { line.append(number, options(.normal), cores: both) }
    #expect(line.remove(1) == true)
    #expect(line.remove(1) == false)
    #expect(order(of: line) == [0, 2])
  }
}
