import SimulatedDPU
import Tensors
import Testing
import XModel

/// A DPU subgraph of a model with memory of its own, as a job on a board has it.
final class SimulatedSubgraph {
  /// A tensor in memory.
  struct Place {
    let register: Int
    let address: Int
    let byteCount: Int
  }

  let model: Model
  let partition: Partition
  let inputs: [Place]
  let outputs: [Place]
  let memory: SparseMemory
  let core: SimulatedCore
  let bases: [UInt64?]
  private let code: UInt64

  init(_ model: Model, _ partition: Partition, seed: UInt64, kernels: Kernels = .best) throws {
    let program = try #require(partition.program)
    let target = try DPUTarget(Fingerprint(try #require(program.fingerprint)))
    self.model = model
    self.partition = partition
    memory = SparseMemory(seed: seed)
    core = SimulatedCore(target: target, memory: memory, seed: seed, kernels: kernels)
    code = memory.allocate(program.code.withUnsafeBytes { [UInt8]($0) })
    var bases = [UInt64?](repeating: nil, count: 8)
    for (register, region) in program.regions.sorted(by: { $0.key < $1.key }) {
      let base = memory.allocate(region.byteCount)
      bases[register] = base
      if let contents = region.contents { memory.write(contents.withUnsafeBytes { [UInt8]($0) }, at: base) }
    }
    self.bases = bases
    inputs = try partition.inputs.map { try Self.place(of: $0, in: model) }
    outputs = try partition.outputs.map { try Self.place(of: try #require(model.producers(of: $0).first), in: model) }
  }

  /// Where an operation's tensor lies.
  static func place(of operation: Int, in model: Model) throws -> Place {
    let output = model.graph.operations[operation].output
    return Place(
      register: try #require(output.attributes.int("reg_id")), address: try #require(output.attributes.int("ddr_addr")),
      byteCount: output.shape.elementCount)
  }

  func address(of place: Place) throws -> UInt64 { try #require(bases[place.register]) + UInt64(place.address) }

  /// Runs another program with the subgraph's registers.
  func run(code: Bytes) throws {
    let address = memory.allocate(code.withUnsafeBytes { [UInt8]($0) })
    _ = try core.run(codeAddress: address, bases: bases)
  }

  /// Runs the program on inputs and returns the outputs.
  func run(_ inputs: [[UInt8]], order: IssueOrder = .program) throws -> [[UInt8]] {
    for (place, bytes) in zip(self.inputs, inputs) { memory.write(bytes, at: try address(of: place)) }
    _ = try core.run(codeAddress: code, bases: bases, order: order)
    return try outputs.map { memory.read($0.byteCount, at: try address(of: $0)) }
  }
}

extension Partition {
  /// Seeded random bytes for every input.
  func randomInputs(in model: Model, seed: UInt64) -> [[UInt8]] {
    var random = SeededGenerator(seed: seed)
    return inputs.map { operation in
      random.int8s(model.graph.operations[operation].output.shape.elementCount).map { UInt8(bitPattern: $0) }
    }
  }
}
