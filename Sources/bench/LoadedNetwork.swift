import Devices
import Tensors
import XModel

/// The DPU subgraphs of one model on a device, with a frame in their inputs.
final class LoadedNetwork {
  /// The name of the file without folder and extension.
  let name: String
  /// What runs it.
  let device: DeviceDescription
  /// The tensors of all subgraphs' outputs, in order.
  let outputs: [TensorPort]
  /// Bytes that the jobs hold for tensors.
  let jobByteCount: Int

  private let jobs: [any Job]
  private let batch: Int
  private let outputPlaces: [(job: Int, output: Int)]

  /// Loads a model and fills the inputs: input k of DPU subgraph i from the seed + 100·i + k.
  ///
  /// - Throws: `XModelError` for the file, `DeviceError` for what the device can't run.
  init(path: String, _ options: Options) throws {
    let model = try Model(path: path)
    let partitions = model.partitions.filter { $0.kind == .dpu }
    guard !partitions.isEmpty else {
      throw DeviceError(.unsupported, "\(path): no DPU subgraph to run; a compiled model is needed")
    }
    let device = try options.device.makeDevice(
      for: model, instructionSet: options.instructionSet, threadCount: options.threadCount)
    self.device = device.description
    batch = options.batch
    let programs = try partitions.map { try device.load($0, of: model, batch: options.batch) }
    jobs = try programs.map { try $0.makeJob() }
    name = Self.stem(of: path)
    outputs = programs.flatMap(\.outputs)
    outputPlaces = programs.enumerated().flatMap { job, program in
      program.outputs.indices.map { (job: job, output: $0) }
    }
    jobByteCount = programs.reduce(0) { $0 + $1.jobByteCount }
    for (subgraph, program) in programs.enumerated() {
      for (index, port) in program.inputs.enumerated() {
        var generator = SeededGenerator(seed: options.seed &+ UInt64(100 * subgraph + index))
        let elements = generator.int8s(port.byteCount)
        jobs[subgraph].withInput(index) { buffer in
          elements.withUnsafeBytes { buffer.copyMemory(from: $0) }
        }
      }
    }
  }

  /// What one frame took.
  struct Run {
    /// From its start to its end.
    let time: Duration
    /// The time of all threads on processors.
    let processorTime: Duration
  }

  /// Runs all subgraphs once.
  func timedRun() throws -> Run {
    let clock = ContinuousClock()
    let processorStart = ProcessorTime.now()
    let start = clock.now
    for job in jobs { try job.run() }
    return Run(
      time: start.duration(to: clock.now) / batch, processorTime: (ProcessorTime.now() - processorStart) / batch)
  }

  /// Gives the bytes of an output to a closure.
  ///
  /// - Parameter index: Index into `outputs`.
  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let place = outputPlaces[index]
    return try jobs[place.job].withOutput(place.output, body)
  }

  private static func stem(of path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".xmodel") ? String(file.dropLast(".xmodel".count)) : file
  }
}
