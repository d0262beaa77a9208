#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import Devices
import Glibc

/// The mode in which another program says when to run, so that two programs can be measured in turn.
///
/// Standard input holds one command a line; each is answered by one line of JSON, with the field `error` if it failed:
///
/// | line | does | answer |
/// |---|---|---|
/// | (start) | loads the model, fills its inputs, runs once | `schema`, `machine`, `model`, `device`, `outputs` |
/// | `run COUNT` | runs so often | `nanoseconds`, `processorNanoseconds`: time, and processor time of all threads, of each |
/// | `output INDEX PATH` | writes the bytes of an output of the last run to a file | `byteCount` |
///
/// Between commands the process sleeps; at the end of its input it ends.
struct DrivenMode {
  /// The schema of the first line.
  static let schema = "swift-dpu/bench-driven/1"

  private let options: Options
  private let network: LoadedNetwork

  /// Loads the model.
  init(_ options: Options) throws {
    self.options = options
    network = try LoadedNetwork(path: options.models[0], options)
    _ = try network.timedRun()
  }

  /// Answers commands until standard input ends.
  func serve() throws {
    try answer(
      Greeting(
        machine: .current(), model: network.name, device: network.device.detail,
        instructionSet: options.instructionSet, threads: options.threadCount,
        outputs: network.outputs.map { port in
          Output(name: port.name, shape: port.shape.dimensions, fixPoint: port.fixPoint.map { Int($0.exponent) })
        }))
    while let line = readLine() {
      do {
        try execute(line.split(separator: " ", maxSplits: 2).map(String.init))
      } catch {
        try answer(Failure(error: "\(error)"))
      }
    }
  }

  private func execute(_ words: [String]) throws {
    switch words.first {
    case "run":
      guard words.count == 2, let count = Int(words[1]), count > 0 else { throw Refusal("run needs a count") }
      try answer(try Times(of: network, runs: count))
    case "output":
      guard words.count == 3, let index = Int(words[1]), network.outputs.indices.contains(index) else {
        throw Refusal("output needs an index below \(network.outputs.count) and a path")
      }
      let bytes = network.withOutput(index) { Data($0) }
      try bytes.write(to: URL(fileURLWithPath: words[2]))
      try answer(Written(byteCount: bytes.count))
    default:
      throw Refusal("the commands are: run COUNT, output INDEX PATH")
    }
  }

  private func answer(_ value: some Encodable) throws {
    print(try JSON.line(value))
    fflush(nil)
  }

  private struct Greeting: Encodable {
    let schema = DrivenMode.schema
    let machine: MachineRecord
    let model: String
    let device: String
    let instructionSet: String
    let threads: Int
    let outputs: [Output]
  }

  private struct Output: Encodable {
    let name: String
    let shape: [Int]
    let fixPoint: Int?
  }

  private struct Times: Encodable {
    private(set) var nanoseconds: [Int64] = []
    private(set) var processorNanoseconds: [Int64] = []

    init(of network: LoadedNetwork, runs: Int) throws {
      for _ in 0..<runs {
        let run = try network.timedRun()
        nanoseconds.append(run.time.nanoseconds)
        processorNanoseconds.append(run.processorTime.nanoseconds)
      }
    }
  }

  private struct Written: Encodable { let byteCount: Int }

  private struct Failure: Encodable { let error: String }

  private struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }
}
