import Devices
import Tensors
import XModel

/// The DPU subgraphs of a model with one job each, run one after another on inputs of their own.
struct SelftestJobs {
  private let programs: [any Program]
  private let jobs: [any Job]

  /// Puts the DPU subgraphs of a model onto a device.
  init(_ model: Model, on device: any Device) throws(DeviceError) {
    var programs: [any Program] = []
    var jobs: [any Job] = []
    for partition in model.partitions where partition.kind == .dpu {
      let program = try device.load(partition, of: model, batch: 1)
      programs.append(program)
      jobs.append(try program.makeJob())
    }
    guard !jobs.isEmpty else {
      throw DeviceError(.unsupported, "\(model.path): the model has no DPU subgraph; give a compiled one")
    }
    self.programs = programs
    self.jobs = jobs
  }

  /// The number of jobs of one run.
  var count: Int { jobs.count }

  /// Runs every job once.
  ///
  /// - Parameter seed: Where the made-up numbers begin, those of `dpu digest`; `nil` feeds zeros.
  /// - Returns: The bytes of all outputs, subgraph by subgraph.
  func run(seed: Int?) throws(DeviceError) -> [[UInt8]] {
    var outputs: [[UInt8]] = []
    for (number, job) in jobs.enumerated() {
      for (index, port) in programs[number].inputs.enumerated() {
        var bytes = [UInt8](repeating: 0, count: port.byteCount)
        if let seed {
          var random = SeededGenerator(seed: UInt64(seed + 100 * number + index))
          bytes = random.int8s(port.byteCount).map { UInt8(bitPattern: $0) }
        }
        job.withInput(index) { $0.copyBytes(from: bytes) }
      }
      try job.run()
      for index in programs[number].outputs.indices { outputs.append(job.withOutput(index) { [UInt8]($0) }) }
    }
    return outputs
  }
}
