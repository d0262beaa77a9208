package import XModel

/// To which superlayer of a model each instruction of its program belongs.
///
/// A program is one piece: the compiler fuses superlayers, loads ahead, drops transfers, and writes no borders. What can
/// be known is told by data, and by which superlayer feeds which:
///
/// | instruction | belongs to |
/// |---|---|
/// | LOAD of constants | the superlayer whose operation has the constant |
/// | CONV, DPTWISE, ALU with weights | that of the LOAD of these weights |
/// | POOL, ELEW, ALU without weights | a superlayer with such an operation that is fed by those that made its rows |
/// | SAVE | that of the instruction that made its rows; of a copy, the one whose tensor has the address |
/// | other LOADs | that of the first instruction that reads the rows |
/// | INIT | that of the instruction behind it in its engine |
///
/// Several tensors may have an element at one address, one after another or in place; of those that fit, the nearest
/// superlayer behind the makers counts. Whatever stays open is shared.
package struct SuperlayerAttribution: Sendable {
  /// The superlayers in an order in which they can run; empty if the file does not list them, so that all is shared.
  package let superlayers: [Superlayer]
  /// For each instruction the number of its superlayer, `nil` where it is shared.
  package let owners: [Int?]

  /// Attributes the instructions of a program.
  ///
  /// - Throws: `.invalid` and `.unsupported` for a program that the core can't run.
  package init(
    _ code: MachineCode, of partition: Partition, in model: Model, target: DPUTarget
  ) throws(ProgramError) {
    superlayers = model.superlayers(of: partition)
    owners = try OwnerFinder(code, superlayers, model, target).owners
  }
}

/// Goes over a program and finds the owner of each instruction.
private struct OwnerFinder {
  private(set) var owners: [Int?]

  private let fields: [FieldReader]
  private let flow: RowFlow
  private let map: TensorMap
  private let graph: SuperlayerGraph
  /// The superlayers whose tensor a LOAD of images may read; empty for other instructions.
  private var loaded: [[Int]]

  init(
    _ code: MachineCode, _ layers: [Superlayer], _ model: Model, _ target: DPUTarget
  ) throws(ProgramError) {
    fields = try FieldReader.all(of: code, for: target)
    flow = RowFlow(fields, target)
    map = TensorMap(layers, model)
    graph = SuperlayerGraph(layers, model)
    owners = [Int?](repeating: nil, count: fields.count)
    loaded = [[Int]](repeating: [], count: fields.count)
    findByConstants()
    findByFeeders()
    findReaders()
    findInitializers()
  }

  private func opcode(_ index: Int) -> Opcode { fields[index].instruction.opcode }

  /// LOADs of constants, and what multiplies with them.
  private mutating func findByConstants() {
    for (index, field) in fields.enumerated() where opcode(index) == .load {
      owners[index] = map.constantOwner(register: field[.regID], address: field[.ddrAddress])
      if owners[index] == nil {
        loaded[index] = map.tensorOwners(register: field[.regID], address: field[.ddrAddress])
      }
    }
    for index in fields.indices {
      if let load = flow.weights[index] { owners[index] = owners[load] }
    }
  }

  /// What computes without weights, and SAVEs.
  private mutating func findByFeeders() {
    var current = 0
    for (index, field) in fields.enumerated() {
      switch opcode(index) {
      case .pool, .alu, .elew:
        if owners[index] == nil { owners[index] = computing(index, near: current) }
      case .save:
        let makers = flow.sources[index]
        if let maker = makers.first(where: { opcode($0) != .load }) {
          owners[index] = owners[maker]
        } else {
          let places = map.tensorOwners(register: field[.regID], address: field[.ddrAddress])
          owners[index] = nearest(among: places.filter { areFed($0, graph.feeders[$0], by: makers) }, from: current)
        }
      default: break
      }
      if opcode(index) != .load, let owner = owners[index] { current = owner }
    }
  }

  /// The superlayer of an instruction without weights.
  private func computing(_ index: Int, near current: Int) -> Int? {
    let makers = flow.sources[index]
    let work = SuperlayerGraph.Work(opcode(index), operandCount: opcode(index) == .elew ? fields[index][.num] : 1)
    let fitting = graph.operations(for: work).filter { operation in
      let own = operation.superlayer
      // A superlayer may copy its own copy, but it does not sum or pool its own sum or pool again.
      let isRepeated = makers.contains { owners[$0] == own && opcode($0) == opcode(index) }
      guard isRepeated else { return areFed(own, operation.feeders, by: makers) }
      return work == .copy && areFed(own, operation.feeders.union([own]), by: makers)
    }.map(\.superlayer)
    let fused = makers.compactMap { opcode($0) == .load ? nil : owners[$0] }
    // What is fused into the superlayer that made its rows goes before what follows that.
    return nearest(among: fitting, from: fused.max() ?? current)
  }

  /// Whether every maker of rows is at work in a superlayer of a set, as far as that is known.
  private func areFed(_ superlayer: Int, _ feeders: Set<Int>, by makers: [Int]) -> Bool {
    makers.allSatisfy { maker in
      guard opcode(maker) == .load else { return owners[maker].map(feeders.contains) ?? true }
      // What a superlayer hands to itself stays in the banks.
      return loaded[maker].isEmpty || loaded[maker].contains { $0 != superlayer && feeders.contains($0) }
    }
  }

  private func nearest(among candidates: [Int], from start: Int) -> Int? {
    candidates.filter { $0 >= start }.min() ?? candidates.max()
  }

  /// LOADs of images go with what reads them first.
  private mutating func findReaders() {
    for index in fields.indices where opcode(index) != .load {
      guard let owner = owners[index] else { continue }
      for source in flow.sources[index] where owners[source] == nil && opcode(source) == .load {
        owners[source] = owner
      }
    }
  }

  private mutating func findInitializers() {
    var next = [Int?](repeating: nil, count: Engine.allCases.count)
    for index in fields.indices.reversed() {
      let engine = opcode(index).engine.rawValue
      switch opcode(index) {
      case .convinit, .poolinit, .dwinit, .aluinit, .elewinit: owners[index] = next[engine]
      default: next[engine] = owners[index]
      }
    }
  }
}
