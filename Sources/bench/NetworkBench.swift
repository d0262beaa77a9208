#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import Devices
import SimulatedDPU
import Tensors

/// Whole networks, one frame at a time: from filled inputs to finished outputs, nothing else.
struct NetworkBench {
  /// The schema of the JSON document.
  static let schema = "swift-dpu/bench-networks/2"

  private static let warmUpRuns = 3
  private static let fewestRuns = 10

  private let options: Options

  /// Prepares to measure what the options name.
  init(_ options: Options) { self.options = options }

  /// One network's result.
  struct Result: Encodable {
    /// The model's name.
    let model: String
    /// What ran it.
    let device: String
    /// The kernels in use, by the name that `--isa` takes.
    let instructionSet: String
    /// Threads that shared a frame.
    let threads: Int
    /// Frames of one job; all times are those of one of them.
    let batch: Int
    /// The times from start to end.
    let time: Statistics
    /// The times of all threads on processors.
    let processorTime: Statistics
    /// What the simulator's inner loop alone reached meanwhile, in 10^9 products of two bytes per second.
    let kernelRate: Double?
    /// Bytes that the job holds for tensors.
    let jobByteCount: Int
    /// The SHA-256 of each output: two records with equal digests did the same work.
    let outputDigests: [String]
  }

  /// The JSON document.
  struct Document: Encodable {
    /// What the fields are.
    let schema = NetworkBench.schema
    /// The machine, before the first run.
    let machine: MachineRecord
    /// The seed of the frames.
    let seed: UInt64
    /// The networks, in the order in which they were named.
    let results: [Result]
  }

  /// Measures all models and prints what the options want.
  func report() throws {
    let machine = MachineRecord.current()
    var results: [Result] = []
    for path in options.models {
      let result = try measure(path)
      if !options.isJSON { print(results.isEmpty ? Self.tableHead + "\n" : "", Self.tableRow(result), separator: "") }
      results.append(result)
    }
    if options.isJSON {
      print(try JSON.document(Document(machine: machine, seed: options.seed, results: results)))
    } else {
      print(
        "\(options.device.rawValue), \(options.instructionSet), \(options.threadCount) thread\(options.threadCount == 1 ? "" : "s"), "
          + "batch \(options.batch); "
          + "\(machine.processor), \(machine.compiler), \(machine.configuration)")
    }
  }

  private func measure(_ path: String) throws -> Result {
    let network = try LoadedNetwork(path: path, options)
    for _ in 0..<Self.warmUpRuns { _ = try network.timedRun() }
    var rate = options.device == .simulated ? Kernels(rawValue: options.instructionSet).map(KernelRate.init) : nil
    rate?.sample()
    var runs: [LoadedNetwork.Run] = []
    let end = ContinuousClock.now + options.duration
    func isEnough() -> Bool {
      if let count = options.runCount { return runs.count == count }
      return ContinuousClock.now >= end && runs.count >= Self.fewestRuns
    }
    while !isEnough() { runs.append(try network.timedRun()) }
    rate?.sample()
    return Result(
      model: network.name, device: network.device.kind, instructionSet: options.instructionSet,
      threads: options.threadCount, batch: options.batch, time: Statistics(runs.map(\.time)),
      processorTime: Statistics(runs.map(\.processorTime)), kernelRate: rate?.median,
      jobByteCount: network.jobByteCount,
      outputDigests: network.outputs.indices.map { network.withOutput($0, SHA256.hexDigest(of:)) })
  }

  private static let tableHead = row(
    "model", ["best ms", "median ms", "p90 ms", "median 1/s", "CPU ms", "kernel GMAC/s"])

  private static func tableRow(_ result: Result) -> String {
    let time = result.time
    return row(
      result.model,
      [
        Decimals.text(time.bestMilliseconds, 3), Decimals.text(time.medianMilliseconds, 3),
        Decimals.text(time.p90Milliseconds, 3),
        Decimals.text(time.medianFramesPerSecond, 1), Decimals.text(result.processorTime.medianMilliseconds, 3),
        result.kernelRate.map { Decimals.text($0, 1) } ?? "-",
      ])
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    let padding = String(repeating: " ", count: max(1, 32 - name.count))
    return name + padding + cells.map { String(repeating: " ", count: max(1, 14 - $0.count)) + $0 }.joined()
  }
}
