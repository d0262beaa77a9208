/// A graph that has been checked and linked: producers by index, partitions in execution order, constants found.
package struct Model: Sendable {
  /// The graph as it stands in the file.
  package let graph: Graph
  /// Where the file lies, for messages.
  package let path: String
  /// The parts of the graph by device, in an order in which they can run.
  package let partitions: [Partition]

  let producersOfArguments: [[[Int]]]
  let indexByName: [String: Int]
  let constantBytes: [Int: Bytes]

  /// The operations that feed one argument of an operation, in order; empty if the argument is absent.
  ///
  /// - Parameters:
  ///   - operation: Index into `graph.operations`.
  ///   - argument: The name, such as `input`, `weights` or `bias`.
  package func producers(of operation: Int, argument: String) -> [Int] {
    let arguments = graph.operations[operation].arguments
    guard let place = arguments.firstIndex(where: { $0.name == argument }) else { return [] }
    return producersOfArguments[operation][place]
  }

  /// All operations that feed an operation, arguments in order.
  package func producers(of operation: Int) -> [Int] { producersOfArguments[operation].flatMap { $0 } }

  /// The index of an operation by name.
  package func index(of name: String) -> Int? { indexByName[name] }

  /// The bytes of a constant: inline data where present, else its piece of `REG_0`; `nil` for other operations.
  ///
  /// - Shape: int8 (or float32 for `const`) in C order of the operation's output shape; little endian, not aligned.
  package func constant(_ operation: Int) -> Bytes? { constantBytes[operation] }

  /// The tensors that come from outside: the operations of the USER partitions, or of a graph that is not compiled
  /// those that nothing feeds; never constants.
  package var inputs: [Int] {
    partitions.flatMap { partition -> [Int] in
      switch partition.kind {
      case .user: partition.outputs
      case .unassigned: partition.inputs
      case .dpu, .cpu: []
      }
    }
  }

  /// The operations whose tensors nothing in the graph uses: the answers of the model.
  package var outputs: [Int] {
    let used = Set(producersOfArguments.joined().joined())
    return partitions.flatMap { $0.operations }.filter { !used.contains($0) && constantBytes[$0] == nil }
  }
}

/// A part of the graph that runs on one device: a child of the root subgraph.
package struct Partition: Sendable {
  /// Who runs it.
  package enum Kind: String, Sendable {
    /// Input from outside.
    case user = "USER"
    /// A DPU core, or what stands in for one.
    case dpu = "DPU"
    /// The host processor.
    case cpu = "CPU"
    /// Not compiled: the whole graph of a quantized file.
    case unassigned = ""
  }

  /// The place of the subgraph among the root's children.
  package let index: Int
  /// The name of the subgraph.
  package let name: String
  /// Who runs it.
  package let kind: Kind
  /// Its operations in an order in which they can run, constants included; indices into `graph.operations`.
  package let operations: [Int]
  /// The operations whose tensors are fed: of a DPU partition its `upload`s by ascending (reg_id, ddr_addr),
  /// of a CPU partition the operations outside that feed it, in order of first use, of a graph that is not compiled
  /// those that nothing feeds; constants are never among them.
  package let inputs: [Int]
  /// The operations whose tensors are its result: of a DPU partition its `download`s by ascending (reg_id,
  /// ddr_addr) of what they read, of others the operations that are used outside or nowhere.
  package let outputs: [Int]
  /// The compiled program of a DPU partition.
  package let program: CompiledProgram?
}

/// What the compiler left for a DPU: code, registers, memory regions and the fingerprint of the target.
package struct CompiledProgram: Sendable {
  /// One memory region that a register points to.
  package struct Region: Sendable {
    /// What the region is for: `CONST`, `WORKSPACE`, `INTERFACE` or `DATA`.
    package let context: String
    /// Bytes of the region.
    package let byteCount: Int
    /// Initial contents, for `CONST` regions.
    package let contents: Bytes?
  }

  /// The name of the target, such as `DPUCZDX8G_ISA1_B4096`.
  package let target: String
  /// The fingerprint of the target, `nil` if the file gives none (made for the software device).
  package let fingerprint: UInt64?
  /// The instructions (`mc_code`), empty if the file has none.
  package let code: Bytes
  /// The regions by register, `REG_0` as 0.
  package let regions: [Int: Region]
  /// Operations of one frame as the compiler counted them (2 per MAC and others), `nil` if it did not.
  package let workload: UInt64?
}
