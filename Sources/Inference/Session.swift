package import Devices
import Tensors
package import XModel

/// A whole model made ready: its DPU subgraphs on a device, its CPU subgraphs on the host.
package final class Session: Sendable {
  /// How much of the model runs.
  package enum Scope: Sendable {
    /// From the first input to the last output.
    case whole
    /// Up to the DPU's int8 output where only `fix2float` and `softmax` follow: their greatest element is the same.
    case beforeTail
  }

  /// The tensors to fill, in the order of the model's inputs.
  package let inputs: [TensorPort]
  /// The tensors at the end of the scope.
  package let outputs: [TensorPort]
  /// Bytes that one job holds for tensors.
  package var jobByteCount: Int { stages.reduce(0) { $0 + $1.program.jobByteCount } }

  let stages: [Stage]
  let inputTargets: [[Place]]
  let outputSources: [Place]
  let copies: [[Copy]]

  /// A loaded partition.
  struct Stage: Sendable {
    let partition: Partition
    let program: any Program
    /// The device's cores that run it; none where another host does.
    let cores: [Int]
  }

  /// An input or output of a stage.
  struct Place: Equatable, Sendable {
    let stage: Int
    let port: Int
  }

  /// A tensor carried from a stage's output to a later stage's input.
  struct Copy: Sendable {
    let from: Place
    let to: Place
  }

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - device: Runs the DPU partitions.
  ///   - host: Runs the CPU partitions.
  ///   - batch: Frames of one job.
  /// - Throws: `.unsupported` naming an operation that neither runs, `.invalidModel`.
  package init(
    model: Model, device: any Device, host: any Device, batch: Int = 1, scope: Scope
  ) throws(DeviceError) {
    let run = try Session.partitions(of: model, scope: scope)
    var stages: [Stage] = []
    for partition in run {
      let runner = partition.kind == .dpu ? device : host
      let program = try runner.load(partition, of: model, batch: batch)
      let isOnDevice = partition.kind == .dpu || (host as AnyObject) === (device as AnyObject)
      stages.append(Stage(partition: partition, program: program, cores: isOnDevice ? program.suitableCores : []))
    }

    var made: [Int: Place] = [:]
    var copies = [[Copy]](repeating: [], count: stages.count)
    var targets: [Int: [Place]] = [:]
    let modelInputs = model.inputs
    for (number, stage) in stages.enumerated() {
      for (port, operation) in stage.partition.inputs.enumerated() {
        let source = try Session.source(of: operation, stage.partition, model)
        let place = Place(stage: number, port: port)
        if let from = made[source] {
          try Session.check(stages[from.stage].program.outputs[from.port], feeds: place, of: stages, model)
          copies[number].append(Copy(from: from, to: place))
        } else if modelInputs.contains(source) {
          targets[source, default: []].append(place)
        } else {
          throw DeviceError(
            .invalidModel,
            "\(model.path): subgraph \"\(stage.partition.name)\" reads \"\(model.graph.operations[source].name)\", "
              + "which no subgraph before it makes")
        }
      }
      for (port, operation) in stage.partition.outputs.enumerated() {
        made[operation] = Place(stage: number, port: port)
      }
    }
    inputTargets = modelInputs.compactMap { targets[$0] }
    for targets in inputTargets {
      let first = stages[targets[0].stage].program.inputs[targets[0].port]
      for other in targets.dropFirst() { try Session.check(first, feeds: other, of: stages, model) }
    }
    inputs = inputTargets.map { stages[$0[0].stage].program.inputs[$0[0].port] }
    outputSources = Session.unreadOutputs(stages, copies)
    outputs = outputSources.map { stages[$0.stage].program.outputs[$0.port] }
    self.stages = stages
    self.copies = copies
  }

  /// The device's cores on which it can run: those of its first DPU subgraph.
  package var suitableCores: [Int] {
    (stages.first { $0.partition.kind == .dpu } ?? stages.first { !$0.cores.isEmpty })?.cores ?? [0]
  }

  /// Makes a job with buffers of its own.
  package func makeJob() throws(DeviceError) -> SessionJob {
    var jobs: [any Job] = []
    for stage in stages { jobs.append(try stage.program.makeJob()) }
    return SessionJob(self, jobs)
  }

  private static func partitions(of model: Model, scope: Scope) throws(DeviceError) -> [Partition] {
    guard !model.partitions.contains(where: { $0.kind == .unassigned }) else {
      throw DeviceError(
        .unsupported,
        "\(model.path): the model is quantized but not compiled: no subgraph names a device; compile it with vai_c first"
      )
    }
    var run = model.partitions.filter { $0.kind != .user }
    if scope == .beforeTail {
      while let last = run.last, run.count > 1, isMonotoneTail(last, of: model) { run.removeLast() }
    }
    guard !run.isEmpty else { throw DeviceError(.invalidModel, "\(model.path): there is no subgraph to run") }
    return run
  }

  /// Whether a CPU partition changes nothing about which element is the greatest.
  ///
  /// Converting to float is monotone, and so is softmax along the last axis; ties stay ties.
  private static func isMonotoneTail(_ partition: Partition, of model: Model) -> Bool {
    partition.kind == .cpu
      && partition.operations.allSatisfy { index in
        let operation = model.graph.operations[index]
        switch operation.type {
        case "fix2float": return true
        case "softmax":
          let axis = operation.attributes.int("axis") ?? -1
          return axis == -1 || axis == operation.output.shape.rank - 1
        default: return false
        }
      }
  }

  /// The operation whose tensor an input of a partition takes: an `upload` names it as its own input.
  private static func source(of operation: Int, _ partition: Partition, _ model: Model) throws(DeviceError) -> Int {
    guard partition.operations.contains(operation) else { return operation }
    let producers = model.producers(of: operation)
    guard producers.count == 1 else {
      throw DeviceError(
        .invalidModel,
        "\(model.path): input \"\(model.graph.operations[operation].name)\" of subgraph \"\(partition.name)\" has "
          + "\(producers.count) sources, expected 1")
    }
    return producers[0]
  }

  private static func check(
    _ source: TensorPort, feeds place: Place, of stages: [Stage], _ model: Model
  ) throws(DeviceError) {
    let target = stages[place.stage].program.inputs[place.port]
    guard source.byteCount != target.byteCount || source.elementType != target.elementType else { return }
    throw DeviceError(
      .invalidModel,
      "\(model.path): subgraph \"\(stages[place.stage].partition.name)\" expects \(target.shape) "
        + "\(target.elementType.rawValue) from \"\(source.name)\", which makes \(source.shape) "
        + "\(source.elementType.rawValue)")
  }

  /// The outputs that no later stage reads, in order.
  private static func unreadOutputs(_ stages: [Stage], _ copies: [[Copy]]) -> [Place] {
    var result: [Place] = []
    for (number, stage) in stages.enumerated() {
      for port in stage.program.outputs.indices {
        let place = Place(stage: number, port: port)
        if !copies.joined().contains(where: { $0.from == place }) { result.append(place) }
      }
    }
    return result
  }
}
