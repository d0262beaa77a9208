package import Tensors
package import XModel

/// Something that runs compiled subgraphs: the software DPU, the simulator, the board.
package protocol Device: Sendable {
  /// What the device is, for people and for records.
  var description: DeviceDescription { get }

  /// The number of cores, numbered from 0; one that says nothing else has one.
  var coreCount: Int { get }
  /// How many jobs a core is given at a time: one at work, the others carried in or out meanwhile; usually one.
  var jobsPerCore: Int { get }

  /// Looks whether a core that failed works again.
  func isWorking(core: Int) -> Bool

  /// Prepares one partition of a model for running.
  ///
  /// - Parameters:
  ///   - partition: The partition; its inputs and outputs name the operations of `model`.
  ///   - model: The model that the partition belongs to.
  ///   - batch: Frames of one job: replaces the outermost extent of every tensor. 1 runs the model as it stands.
  /// - Throws: `.unsupported` naming the operation that the device can't run.
  func load(_ partition: Partition, of model: Model, batch: Int) throws(DeviceError) -> any Program
}

extension Device {
  package var coreCount: Int { 1 }
  package var jobsPerCore: Int { 1 }
  package func isWorking(core: Int) -> Bool { true }
}

/// What a device says of itself.
package struct DeviceDescription: Equatable, Sendable {
  /// The name of the kind as given to `--device`: `software`, `simulated`, `xrt`.
  package let kind: String
  /// One line of detail, such as the instruction set in use and the number of threads.
  package let detail: String

  /// Makes a description.
  package init(kind: String, detail: String) {
    self.kind = kind
    self.detail = detail
  }
}

/// A loaded partition.
package protocol Program: Sendable {
  /// The tensors to fill before a run, in the order of the partition's inputs.
  var inputs: [TensorPort] { get }
  /// The tensors to read after a run, in the order of the partition's outputs.
  var outputs: [TensorPort] { get }
  /// Bytes that one job holds for tensors.
  var jobByteCount: Int { get }
  /// The device's cores that run the program, at least one; for a program that says nothing else, core 0.
  var suitableCores: [Int] { get }

  /// Makes a job with buffers of its own; two jobs share nothing that changes.
  func makeJob() throws(DeviceError) -> any Job
}

extension Program {
  package var suitableCores: [Int] { [0] }
}

/// An input or output of a program.
package struct TensorPort: Equatable, Sendable {
  /// The name of the operation that makes the tensor.
  package let name: String
  /// The extents, the batch first.
  package let shape: Shape
  /// The type of the elements; they lie dense in C order.
  package let elementType: ElementType
  /// The scale of int8 elements.
  package let fixPoint: FixPoint?

  /// Makes a port.
  package init(name: String, shape: Shape, elementType: ElementType, fixPoint: FixPoint?) {
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.fixPoint = fixPoint
  }

  /// Bytes of the tensor.
  package var byteCount: Int { shape.elementCount * elementType.byteCount }
}

/// One run's buffers. A job is used by one thread at a time.
package protocol Job: AnyObject {
  /// Gives the buffer of an input to a closure, to be filled; the pointer must not leave it.
  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R

  /// Gives the buffer of an output to a closure; the pointer must not leave it.
  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R

  /// Runs once over the inputs and returns when the outputs are ready.
  ///
  /// - Throws: `.failed` when the device broke off.
  func run() throws(DeviceError)

  /// Runs as `run` does, on one core of those that suit the program.
  ///
  /// - Throws: `.timedOut` or `.unavailable` when the core is lost, `.failed` when the job broke off.
  func run(onCore core: Int) throws(DeviceError)

  /// How long a core was at work in the last run, `nil` where the device does not tell.
  var coreTime: Duration? { get }
  /// Whether the job can't be run again, since a core may still write to its buffers; its inputs can be read.
  var isSpent: Bool { get }

  /// Runs once and shows each operation's tensor, dense, as it is made.
  ///
  /// - Parameter observer: Gets the operation's index in the model and its bytes, valid during the call.
  /// - Returns: The operations whose tensors the device could not show, each with the reason.
  func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor]
}

extension Job {
  package func run(onCore core: Int) throws(DeviceError) { try run() }
  package var coreTime: Duration? { nil }
  package var isSpent: Bool { false }
}
