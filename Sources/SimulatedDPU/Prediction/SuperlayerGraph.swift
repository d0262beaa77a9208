import XModel

/// Which superlayer feeds which, and which operations without weights they have.
struct SuperlayerGraph {
  /// What an instruction without weights can do.
  enum Work {
    /// ELEW with several operands.
    case sum
    /// ELEW with one: to another place, or with another fix point.
    case copy
    /// POOL and ALU.
    case pool

    /// The work of an instruction.
    init(_ opcode: Opcode, operandCount: Int) {
      self = opcode != .elew ? .pool : operandCount > 1 ? .sum : .copy
    }

    /// Whether an operation of some type may be meant.
    ///
    /// - Source: what the superlayers' own programs of 21 public models hold.
    func fits(_ type: String) -> Bool {
      switch self {
      case .sum: type.hasPrefix("eltwise")
      case .copy:
        ["concat", "upsample", "downsample", "pad", "resize", "reorg", "tile"].contains { type.hasPrefix($0) }
      case .pool: !type.hasPrefix("eltwise") && !SuperlayerGraph.isMove(type)
      }
    }
  }

  /// An operation without weights.
  struct Operation {
    /// Where it belongs.
    let superlayer: Int
    /// The superlayers whose tensors it reads, its own where they come from there.
    let feeders: Set<Int>
    /// Its type.
    let type: String
  }

  /// For each superlayer those whose tensors it reads, also through others that only put tensors together.
  private(set) var feeders: [Set<Int>] = []
  private var operations: [Operation] = []

  /// Links superlayers as their operations are linked.
  init(_ layers: [Superlayer], _ model: Model) {
    var owner: [Int: Int] = [:]
    for (number, layer) in layers.enumerated() {
      for operation in layer.operations { owner[operation] = number }
    }
    var transparent: Set<Int> = []
    for (number, layer) in layers.enumerated() {
      let types = layer.operations.map { model.graph.operations[$0].type }
      if types.allSatisfy(SuperlayerGraph.isMove) { transparent.insert(number) }
      feeders.append([])
      for (operation, type) in zip(layer.operations, types) {
        let direct = Set(model.producers(of: operation).filter { model.constant($0) == nil }.compactMap { owner[$0] })
        // Superlayers stand behind those that feed them.
        let all = direct.reduce(into: direct) { all, feeder in
          if feeder < number, transparent.contains(feeder) { all.formUnion(feeders[feeder]) }
        }
        feeders[number].formUnion(all)
        if model.producers(of: operation, argument: "weights").isEmpty {
          operations.append(Operation(superlayer: number, feeders: all, type: type))
        }
      }
      feeders[number].remove(number)
    }
  }

  /// The operations that an instruction without weights may do.
  func operations(for work: Work) -> [Operation] { operations.filter { work.fits($0.type) } }

  /// Whether a type of operation at most says where tensors lie.
  private static func isMove(_ type: String) -> Bool {
    ["upload", "download", "data", "reshape", "flatten", "concat", "pad", "squeeze"].contains { type.hasPrefix($0) }
  }
}
