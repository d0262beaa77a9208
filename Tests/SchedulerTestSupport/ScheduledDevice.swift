package import Devices
import Inference
import TestSupport
package import XModel

/// A device whose jobs go through a scheduler: it must pass whatever the device passes.
package final class ScheduledDevice: Device {
  /// How a job is handed in.
  package enum Way: String, CaseIterable, Sendable {
    /// The caller's thread drives the core.
    case blocking
    /// The core's own thread runs the job, the caller waits.
    case handedOver
    /// A task waits.
    case awaiting
    /// Each run is one frame among others of a stream.
    case stream
  }

  private let device: any Device
  private let way: Way

  /// Puts a scheduler before a device.
  package init(_ device: any Device, _ way: Way) {
    self.device = device
    self.way = way
  }

  package var description: DeviceDescription { device.description }

  package func load(_ partition: Partition, of model: Model, batch: Int) throws(DeviceError) -> any Program {
    guard batch == 1 else { throw DeviceError(.unsupported, "a scheduled job is no batch of \(batch)") }
    // A softmax behind the DPU is left out, and nothing else may be there.
    let scheduled = try Scheduler(devices: [device]).load(model, host: device, scope: .beforeTail, slots: 8)
    let (inputs, outputs) = (partition.inputs, partition.outputs)
    precondition(
      scheduled.inputs.map(\.name) == inputs.map { model.graph.operations[$0].name }
        && scheduled.outputs.map(\.name) == outputs.map { model.graph.operations[$0].name },
      "the model runs other partitions too")
    return ScheduledProgram(scheduled, way, jobByteCount: scheduled.session.jobByteCount)
  }
}

private final class ScheduledProgram: Program {
  let inputs: [TensorPort]
  let outputs: [TensorPort]
  let jobByteCount: Int
  private let model: ScheduledModel
  private let way: ScheduledDevice.Way

  init(_ model: ScheduledModel, _ way: ScheduledDevice.Way, jobByteCount: Int) {
    self.model = model
    self.way = way
    self.jobByteCount = jobByteCount
    inputs = model.inputs
    outputs = model.outputs
  }

  func makeJob() throws(DeviceError) -> any Job {
    if way == .stream { return StreamedJob(model) }
    do throws(InferenceError) {
      return ScheduledJob(model, try model.waitForSlot(JobOptions(within: .seconds(60))), way)
    } catch {
      throw DeviceError(.busy, error.message)
    }
  }
}

private final class ScheduledJob: Job {
  private let model: ScheduledModel
  private let slot: JobSlot
  private let way: ScheduledDevice.Way

  init(_ model: ScheduledModel, _ slot: JobSlot, _ way: ScheduledDevice.Way) {
    self.model = model
    self.slot = slot
    self.way = way
  }

  deinit { slot.giveBack() }

  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try slot.withInput(index, body)
  }

  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try slot.withOutput(index, body)
  }

  func run() throws(DeviceError) {
    do throws(InferenceError) {
      switch way {
      case .blocking: try slot.runAndWait()
      case .handedOver: try slot.runAndWait(JobOptions(within: .seconds(600)))
      case .awaiting:
        let slot = slot
        try TaskThread.run { () async throws(InferenceError) in try await slot.run() }
      case .stream: preconditionFailure("a streamed job takes its buffers from the stream")
      }
    } catch {
      throw error.cause ?? DeviceError(.failed, error.message)
    }
  }

  func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] {
    try slot.run(observer: observer)
  }
}
