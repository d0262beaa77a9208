import Devices
import Tensors
import XModel

/// A partition made ready to run: kernels in order, and a place for every tensor.
struct ExecutionPlan: Sendable {
  struct Step: Sendable {
    /// The index of the operation in the model.
    let operation: Int
    /// What computes the tensor; `nil` where it already lies where it should.
    let kernel: (any Kernel)?
    let inputs: [Slot]
    let output: Slot
    let layout: TensorLayout
  }

  let steps: [Step]
  /// The partition's inputs and outputs, in its order.
  let inputs: [Slot]
  let outputs: [Slot]
  let layouts: [Int: TensorLayout]
  let arenaByteCount: Int
  /// Bytes of scratch memory for one thread.
  let scratchByteCount: Int
  let constants: ConstantMemory

  /// Plans a partition.
  ///
  /// - Throws: `.unsupported` and `.invalidModel` naming the operation.
  init(_ partition: Partition, of model: Model, batch: Int, instructionSet: InstructionSet) throws(DeviceError) {
    guard (1...65_536).contains(batch) else {
      throw DeviceError(.unsupported, "\(model.path): a batch of \(batch); expected 1 to 65536")
    }
    let fed = Set(partition.inputs)
    let operations = partition.operations.filter { model.constant($0) == nil && !fed.contains($0) }
    try ExecutionPlan.check(operations, partition, model)
    var layouts = ExecutionPlan.layouts(operations, fed: partition.inputs, model, batch: batch)
    let sharing = StorageSharing(operations, partition, model, layouts: &layouts)

    var planner = ArenaPlanner()
    var storage: [Int: Int] = [:]
    let end = operations.count
    func claim(_ operation: Int, at step: Int) throws(DeviceError) {
      let home = sharing.home(of: operation).operation
      if let known = storage[home] {
        planner.use(known, at: step)
      } else if let layout = layouts[home] {
        storage[home] = planner.add(byteCount: layout.byteCount, at: step)
      }
    }
    // What the caller fills stays until the end, so that a job can run again over the same input.
    for input in partition.inputs {
      try claim(input, at: -1)
      try claim(input, at: end)
    }
    for (step, operation) in operations.enumerated() {
      for producer in model.producers(of: operation) where layouts[producer] != nil && model.constant(producer) == nil {
        try claim(producer, at: step)
      }
      try claim(operation, at: step)
    }
    for output in partition.outputs { try claim(output, at: end) }
    let arena = planner.plan()

    var constants = ConstantMemory.Builder()
    func slot(_ operation: Int) throws(DeviceError) -> Slot {
      if let bytes = model.constant(operation) {
        return Slot(region: .constants, offset: constants.add(operation, bytes))
      }
      let home = sharing.home(of: operation)
      guard let place = storage[home.operation] else {
        throw DeviceError(
          .invalidModel,
          "\(model.path): tensor of \"\(model.graph.operations[operation].name)\" is used but never made")
      }
      return Slot(region: .arena, offset: arena.offsets[place] + home.byteOffset)
    }

    var steps: [Step] = []
    var scratch = 0
    for operation in operations {
      let reader = OperationReader(model: model, index: operation, instructionSet: instructionSet, layouts: layouts)
      let layout = try reader.output
      var inputs: [Slot] = []
      for producer in reader.inputs { inputs.append(try slot(producer)) }
      let kernel: (any Kernel)?
      if sharing.isView(operation) {
        kernel = nil
      } else {
        kernel = try KernelTable.kernel(reader, inPlace: sharing.inPlace(operation))
      }
      scratch = max(scratch, kernel?.scratchByteCount ?? 0)
      steps.append(
        Step(operation: operation, kernel: kernel, inputs: inputs, output: try slot(operation), layout: layout))
    }
    self.steps = steps
    var inputSlots: [Slot] = []
    for input in partition.inputs { inputSlots.append(try slot(input)) }
    var outputSlots: [Slot] = []
    for output in partition.outputs { outputSlots.append(try slot(output)) }
    inputs = inputSlots
    outputs = outputSlots
    self.layouts = layouts
    arenaByteCount = arena.byteCount
    scratchByteCount = (scratch + 63) & ~63
    self.constants = constants.build()
  }

  /// Refuses what can't run, all of it in one message.
  private static func check(_ operations: [Int], _ partition: Partition, _ model: Model) throws(DeviceError) {
    let unknown = operations.filter { !KernelTable.types.contains(model.graph.operations[$0].type) }
    guard let first = unknown.first else { return }
    let operation = model.graph.operations[first]
    var message =
      "\(model.path): subgraph \"\(partition.name)\" (\(partition.kind.rawValue)): operation \"\(operation.name)\" "
      + "has type \(operation.type), which is not known here"
    if unknown.count > 1 { message += ", and \(unknown.count - 1) more of unknown type" }
    let runnable = model.partitions.filter { part in
      part.kind == .dpu
        && part.operations.allSatisfy {
          model.constant($0) != nil || KernelTable.types.contains(model.graph.operations[$0].type)
        }
    }
    if !runnable.isEmpty {
      let names = runnable.map { "\"\($0.name)\"" }.joined(separator: ", ")
      message += "; the DPU subgraphs \(names) can still run each on its own: dpu digest --seed N --subgraph I"
    }
    throw DeviceError(.unsupported, message)
  }

  private static func layouts(_ operations: [Int], fed: [Int], _ model: Model, batch: Int) -> [Int: TensorLayout] {
    var layouts: [Int: TensorLayout] = [:]
    func add(_ operation: Int) {
      let tensor = model.graph.operations[operation].output
      guard layouts[operation] == nil, let type = tensor.elementType else { return }
      var shape = tensor.shape
      if model.constant(operation) == nil, batch > 1, shape.rank > 0 {
        shape = shape.replacingBatch(with: shape[0] * batch)
      }
      layouts[operation] = TensorLayout(shape: shape, elementType: type, fixPoint: tensor.attributes.int("fix_point"))
    }
    for operation in fed + operations { add(operation) }
    for operation in operations { for producer in model.producers(of: operation) { add(producer) } }
    return layouts
  }
}

/// Constants that kernels read as operands, in one block of memory.
final class ConstantMemory: Sendable {
  // @unchecked: written once before it is shared.
  nonisolated(unsafe) let base: UnsafeRawPointer

  private init(_ pieces: [(offset: Int, bytes: Bytes)], byteCount: Int) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, byteCount), alignment: 64)
    for piece in pieces {
      piece.bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(start: memory + piece.offset, count: source.count).copyMemory(from: source)
      }
    }
    base = UnsafeRawPointer(memory)
  }

  deinit { base.deallocate() }

  struct Builder {
    private var offsets: [Int: Int] = [:]
    private var pieces: [(offset: Int, bytes: Bytes)] = []
    private var byteCount = 0

    /// Reserves a place for a constant, one for each operation.
    mutating func add(_ operation: Int, _ bytes: Bytes) -> Int {
      if let known = offsets[operation] { return known }
      let offset = byteCount
      offsets[operation] = offset
      pieces.append((offset, bytes))
      byteCount += (bytes.count + 63) & ~63
      return offset
    }

    func build() -> ConstantMemory { ConstantMemory(pieces, byteCount: byteCount) }
  }
}
