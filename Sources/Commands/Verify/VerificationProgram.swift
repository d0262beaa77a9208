import Devices
import Inference
import XModel

/// What is run on both devices: a DPU subgraph on its own, or the whole model.
enum VerificationSubject {
  case subgraph(SubgraphChoice)
  case whole

  /// The number of the DPU subgraph, `nil` for the whole model.
  var number: Int? { if case .subgraph(let choice) = self { choice.number } else { nil } }

  /// The DPU subgraphs whose tensors are compared.
  func partitions(of model: Model) -> [Partition] {
    switch self {
    case .subgraph(let choice): [choice.partition]
    case .whole: model.partitions.filter { $0.kind == .dpu }
    }
  }
}

/// A subject loaded on one device.
enum VerificationProgram {
  case subgraph(any Program)
  case whole(Session)

  /// Loads a subject.
  init(_ subject: VerificationSubject, of model: Model, on device: any Device, host: any Device) throws {
    switch subject {
    case .subgraph(let choice): self = .subgraph(try device.load(choice.partition, of: model, batch: 1))
    case .whole: self = .whole(try Session(model: model, device: device, host: host, scope: .beforeTail))
    }
  }

  /// The tensors to fill.
  var inputs: [TensorPort] {
    switch self {
    case .subgraph(let program): program.inputs
    case .whole(let session): session.inputs
    }
  }

  /// Runs once in buffers of its own, which no earlier run has touched.
  ///
  /// - Parameters:
  ///   - inputs: The bytes of each input.
  ///   - observer: Gets each tensor that the device shows.
  /// - Returns: The tensors that it does not show.
  func run(
    _ inputs: [[UInt8]], observer: (Int, UnsafeRawBufferPointer) -> Void
  ) throws(DeviceError) -> [HiddenTensor] {
    switch self {
    case .subgraph(let program):
      let job = try program.makeJob()
      for (index, bytes) in inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: bytes) } }
      return try job.run(observer: observer)
    case .whole(let session):
      let job = try session.makeJob()
      for (index, bytes) in inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: bytes) } }
      return try job.run(observer: observer)
    }
  }
}
