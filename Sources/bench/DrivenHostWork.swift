import Glibc
import Threads

/// The mode in which another program says when to do the host work of frames, so that two programs can be measured in turn.
///
/// Standard input holds one command a line; each is answered by one line of JSON, with the field `error` if it failed:
///
/// | line | does | answer |
/// |---|---|---|
/// | (start) | makes a frame for each network | `schema`, `machine`, `networks` |
/// | `run NETWORK COUNT` | does the work of so many frames | `nanoseconds`, `processorNanoseconds` of all of them together |
///
/// Between commands the process sleeps; at the end of its input it ends.
struct DrivenHostWork {
  /// The schema of the first line.
  static let schema = "swift-dpu/bench-host-work/1"

  private let works: [HostWork]

  /// Makes the frames.
  init() throws { works = try HostWork.Network.all.map { try HostWork($0) } }

  /// Answers commands until standard input ends.
  func serve() throws {
    try answer(Greeting(machine: .current(), networks: works.map(\.network.name)))
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, words[0] == "run", let work = works.first(where: { $0.network.name == words[1] }),
        let count = Int(words[2]), count > 0
      else {
        let names = works.map(\.network.name).joined(separator: ", ")
        try answer(Failure(error: "the command is: run NETWORK COUNT, with a network of \(names)"))
        continue
      }
      try answer(try times(work, count))
    }
  }

  private func times(_ work: HostWork, _ count: Int) throws -> Times {
    let start = Moment.now, processorStart = ProcessorTime.now()
    for _ in 0..<count { try work.run() }
    let processorTime = ProcessorTime.now() - processorStart
    return Times(
      nanoseconds: (Moment.now - start).nanoseconds, processorNanoseconds: processorTime.nanoseconds)
  }

  private func answer(_ value: some Encodable) throws {
    print(try JSON.line(value))
    fflush(nil)
  }

  private struct Greeting: Encodable {
    let schema = DrivenHostWork.schema
    let machine: MachineRecord
    let networks: [String]
  }

  private struct Times: Encodable {
    let nanoseconds: Int64
    let processorNanoseconds: Int64
  }

  private struct Failure: Encodable { let error: String }
}
