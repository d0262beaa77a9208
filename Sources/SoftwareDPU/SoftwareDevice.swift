package import Devices
import Glibc
import Tensors
package import XModel

/// The software DPU: runs a partition's graph operation by operation, with the DPU's exact arithmetic.
///
/// It runs CPU partitions too, and so serves as the host side of every other device.
package final class SoftwareDevice: Device {
  /// Which kernels run.
  package let instructionSet: InstructionSet
  /// Threads of one job.
  package var threadCount: Int { pools[0].threadCount }
  /// Jobs that run at the same time, each with threads of its own.
  package var coreCount: Int { pools.count }

  private let pools: [ThreadPool]

  /// Makes a device.
  ///
  /// - Parameters:
  ///   - threadCount: Threads that share the work of one job, the caller's included.
  ///   - coreCount: Jobs that a scheduler runs at the same time; each core has so many threads.
  ///   - instructionSet: Which kernels run; one that this processor lacks traps.
  package init(threadCount: Int, coreCount: Int = 1, instructionSet: InstructionSet = .best) {
    precondition(coreCount > 0, "a device has at least one core")
    precondition(InstructionSet.available.contains(instructionSet), "\(instructionSet) is not available here")
    self.instructionSet = instructionSet
    pools = (0..<coreCount).map { _ in ThreadPool(threadCount: threadCount) }
  }

  /// The kernels in use and the number of threads.
  package var description: DeviceDescription {
    let threads = "\(threadCount) thread\(threadCount == 1 ? "" : "s")"
    return DeviceDescription(
      kind: "software",
      detail: "\(instructionSet.title), " + (coreCount == 1 ? threads : "\(coreCount) jobs of \(threads)"))
  }

  /// Prepares a partition of any kind.
  ///
  /// - Throws: `.unsupported` naming the operation and what could still run; `.invalidModel`.
  package func load(
    _ partition: Partition, of model: Model, batch: Int
  ) throws(DeviceError) -> any Program {
    let plan = try ExecutionPlan(partition, of: model, batch: batch, instructionSet: instructionSet)
    return SoftwareProgram(plan, partition, model, pools)
  }
}

/// A partition loaded on the software device.
final class SoftwareProgram: Program {
  let inputs: [TensorPort]
  let outputs: [TensorPort]
  private let plan: ExecutionPlan
  private let pools: [ThreadPool]
  let suitableCores: [Int]

  init(_ plan: ExecutionPlan, _ partition: Partition, _ model: Model, _ pools: [ThreadPool]) {
    func port(_ operation: Int) -> TensorPort {
      guard let layout = plan.layouts[operation] else { preconditionFailure("a planned tensor has a layout") }
      return TensorPort(
        name: model.graph.operations[operation].name, shape: layout.shape, elementType: layout.elementType,
        fixPoint: layout.fixPoint.map { FixPoint($0) })
    }
    inputs = partition.inputs.map(port)
    outputs = partition.outputs.map(port)
    self.plan = plan
    self.pools = pools
    suitableCores = Array(pools.indices)
  }

  var jobByteCount: Int { plan.arenaByteCount + plan.scratchByteCount * pools[0].threadCount }

  func makeJob() throws(DeviceError) -> any Job {
    guard
      let memory = JobMemory(arenaByteCount: plan.arenaByteCount, scratchByteCount: jobByteCount - plan.arenaByteCount)
    else {
      throw DeviceError(
        .outOfMemory,
        "no memory for the \(jobByteCount) bytes of a job's tensors; keep fewer frames in flight (--in-flight), or close "
          + "other programs")
    }
    return SoftwareJob(plan, memory, pools, inputs: inputs, outputs: outputs)
  }
}

/// One run's tensors and scratch memory.
final class SoftwareJob: Job {
  private let plan: ExecutionPlan
  private let memory: JobMemory
  private let pools: [ThreadPool]
  private let inputs: [TensorPort]
  private let outputs: [TensorPort]

  init(
    _ plan: ExecutionPlan, _ memory: JobMemory, _ pools: [ThreadPool], inputs: [TensorPort], outputs: [TensorPort]
  ) {
    self.plan = plan
    self.memory = memory
    self.pools = pools
    self.inputs = inputs
    self.outputs = outputs
  }

  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    let start = memory.arena + plan.inputs[index].offset
    return try body(UnsafeMutableRawBufferPointer(start: start, count: inputs[index].byteCount))
  }

  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let slot = plan.outputs[index]
    let start = slot.region == .arena ? UnsafeRawPointer(memory.arena + slot.offset) : plan.constants.base + slot.offset
    return try body(UnsafeRawBufferPointer(start: start, count: outputs[index].byteCount))
  }

  func run() throws(DeviceError) { try run(onCore: 0) }

  func run(onCore core: Int) throws(DeviceError) {
    for step in plan.steps { run(step, pools[core]) }
  }

  func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] {
    for step in plan.steps {
      run(step, pools[0])
      show(step, to: observer)
    }
    return []
  }

  private func run(_ step: ExecutionPlan.Step, _ pool: ThreadPool) {
    guard let kernel = step.kernel else { return }
    let operands = Operands(
      arena: memory.arena, constants: plan.constants.base, scratch: memory.scratch, inputs: step.inputs,
      output: step.output)
    pool.run(kernel, operands, scratchStride: plan.scratchByteCount)
  }

  private func show(_ step: ExecutionPlan.Step, to observer: (Int, UnsafeRawBufferPointer) -> Void) {
    let layout = step.layout
    let start = UnsafeRawPointer(memory.arena + step.output.offset)
    if layout.isDense {
      observer(step.operation, UnsafeRawBufferPointer(start: start, count: layout.byteCount))
      return
    }
    // A tensor inside a concatenation's buffer: its pixels are gathered.
    let pixelByteCount = layout.channels * layout.elementType.byteCount
    let strideByteCount = layout.pixelStride * layout.elementType.byteCount
    withUnsafeTemporaryAllocation(byteCount: layout.pixels * pixelByteCount, alignment: 16) { dense in
      for pixel in 0..<layout.pixels {
        dense.baseAddress?.advanced(by: pixel * pixelByteCount).copyMemory(
          from: start + pixel * strideByteCount, byteCount: pixelByteCount)
      }
      observer(step.operation, UnsafeRawBufferPointer(dense))
    }
  }
}

/// The one owner of a job's memory.
final class JobMemory: Sendable {
  // @unchecked: the pointers never change; a job is used by one thread at a time.
  nonisolated(unsafe) let arena: UnsafeMutableRawPointer
  nonisolated(unsafe) let scratch: UnsafeMutableRawPointer

  /// What a job leaves to the rest of the program: the stacks of threads, files, results.
  private static let room = 256 << 20

  /// `nil` where there is no memory, or none would be left.
  init?(arenaByteCount: Int, scratchByteCount: Int) {
    guard let arena = JobMemory.allocate(arenaByteCount) else { return nil }
    guard let scratch = JobMemory.allocate(scratchByteCount) else {
      arena.deallocate()
      return nil
    }
    guard JobMemory.isThere(JobMemory.room) else {
      arena.deallocate()
      scratch.deallocate()
      return nil
    }
    self.arena = arena
    self.scratch = scratch
  }

  deinit {
    arena.deallocate()
    scratch.deallocate()
  }

  /// Whether the process could get addresses for so many bytes more.
  private static func isThere(_ byteCount: Int) -> Bool {
    // Not to be read or written: a kernel that promises no more memory than it has would count it else.
    let probe = mmap(nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let probe, probe != MAP_FAILED else { return false }
    munmap(probe, byteCount)
    return true
  }

  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(64, byteCount)) == 0, let memory else { return nil }
    // Touched once here, so that the first frame does not pay for the kernel's pages.
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(64, byteCount))
    return memory
  }
}
