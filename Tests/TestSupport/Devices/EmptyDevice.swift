package import Devices
import Tensors
package import Threads
package import XModel

/// A device whose jobs do what a test says, on as many cores as it wants.
package final class EmptyDevice: Device {
  private let body: @Sendable (Int) throws(DeviceError) -> Void
  private let recovery: @Sendable (Int) -> Bool
  /// The number of cores.
  package let coreCount: Int
  /// How many jobs a core is given at a time.
  package let jobsPerCore: Int

  /// Makes a device.
  ///
  /// - Parameters:
  ///   - body: What a job does; gets the core.
  ///   - recovery: Whether a core that failed works again; gets the core.
  package init(
    coreCount: Int = 1, jobsPerCore: Int = 1, _ body: @escaping @Sendable (Int) throws(DeviceError) -> Void = { _ in },
    recovery: @escaping @Sendable (Int) -> Bool = { _ in true }
  ) {
    self.coreCount = coreCount
    self.jobsPerCore = jobsPerCore
    self.recovery = recovery
    self.body = body
  }

  /// A device whose jobs stay on their core until a test lets them go.
  package static func held(jobsPerCore: Int = 1) -> (device: EmptyDevice, isHeld: Monitor<Bool>) {
    let isHeld = Monitor(true)
    return (EmptyDevice(jobsPerCore: jobsPerCore) { _ in _ = isHeld.wait { $0 ? nil : true } }, isHeld)
  }

  package var description: DeviceDescription { DeviceDescription(kind: "empty", detail: "does what a test says") }

  package func isWorking(core: Int) -> Bool { recovery(core) }

  package func load(_ partition: Partition, of model: Model, batch: Int) throws(DeviceError) -> any Program {
    EmptyProgram(partition, model, coreCount, body)
  }
}

private final class EmptyProgram: Program {
  let inputs: [TensorPort]
  let outputs: [TensorPort]
  let suitableCores: [Int]
  private let body: @Sendable (Int) throws(DeviceError) -> Void

  init(
    _ partition: Partition, _ model: Model, _ coreCount: Int,
    _ body: @escaping @Sendable (Int) throws(DeviceError) -> Void
  ) {
    func port(_ operation: Int) -> TensorPort {
      let output = model.graph.operations[operation].output
      return TensorPort(
        name: model.graph.operations[operation].name, shape: output.shape, elementType: .int8,
        fixPoint: output.fixPoint)
    }
    inputs = partition.inputs.map(port)
    outputs = partition.outputs.map(port)
    suitableCores = Array(0..<coreCount)
    self.body = body
  }

  var jobByteCount: Int { (inputs + outputs).reduce(0) { $0 + $1.byteCount } }

  func makeJob() throws(DeviceError) -> any Job { EmptyJob(inputs, outputs, body) }
}

private final class EmptyJob: Job {
  private let tensors: [UnsafeMutableRawBufferPointer]
  private let inputCount: Int
  private let body: @Sendable (Int) throws(DeviceError) -> Void

  init(
    _ inputs: [TensorPort], _ outputs: [TensorPort], _ body: @escaping @Sendable (Int) throws(DeviceError) -> Void
  ) {
    inputCount = inputs.count
    tensors = (inputs + outputs).map { port in
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, port.byteCount), alignment: 64)
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return bytes
    }
    self.body = body
  }

  deinit { for tensor in tensors { tensor.deallocate() } }

  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try body(tensors[index])
  }

  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(tensors[inputCount + index]))
  }

  func run() throws(DeviceError) { try body(0) }

  func run(onCore core: Int) throws(DeviceError) { try body(core) }

  func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] {
    try body(0)
    return []
  }
}
