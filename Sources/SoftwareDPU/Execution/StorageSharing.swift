import Tensors
import XModel

/// Which tensors need no memory of their own: views of others, and inputs of a concatenation made in its buffer.
struct StorageSharing {
  /// The tensor in whose memory another one lies, and where.
  struct Home: Equatable {
    let operation: Int
    let byteOffset: Int
  }

  private var homes: [Int: Home] = [:]
  private var views: Set<Int> = []
  private var placed: [Int: Set<Int>] = [:]

  /// Decides for the operations of a partition; tensors put into a concatenation get its pixel stride.
  init(_ operations: [Int], _ partition: Partition, _ model: Model, layouts: inout [Int: TensorLayout]) {
    findViews(operations, model, layouts)
    placeConcatenated(operations, partition, model, &layouts)
  }

  /// Where the tensor of an operation lies.
  func home(of operation: Int) -> Home { homes[operation] ?? Home(operation: operation, byteOffset: 0) }

  /// Whether an operation only gives its input another shape or name.
  func isView(_ operation: Int) -> Bool { views.contains(operation) }

  /// The inputs of a concatenation that are made in its buffer.
  func inPlace(_ concatenation: Int) -> Set<Int> { placed[concatenation] ?? [] }

  private mutating func findViews(_ operations: [Int], _ model: Model, _ layouts: [Int: TensorLayout]) {
    for operation in operations where KernelTable.copies.contains(model.graph.operations[operation].type) {
      let inputs = model.producers(of: operation, argument: "input")
      guard inputs.count == 1, model.constant(inputs[0]) == nil, let from = layouts[inputs[0]],
        let to = layouts[operation], from.elementType == to.elementType,
        from.elementType == .float32 || from.fixPoint == to.fixPoint || from.fixPoint == nil || to.fixPoint == nil,
        from.shape.elementCount == to.shape.elementCount
      else { continue }
      homes[operation] = home(of: inputs[0])
      views.insert(operation)
    }
  }

  private mutating func placeConcatenated(
    _ operations: [Int], _ partition: Partition, _ model: Model, _ layouts: inout [Int: TensorLayout]
  ) {
    var consumers: [Int: [Int]] = [:]
    for operation in operations {
      for producer in model.producers(of: operation) { consumers[producer, default: []].append(operation) }
    }
    let made = Set(operations)
    let fixed = Set(partition.inputs + partition.outputs)
    for concatenation in operations where model.graph.operations[concatenation].type == "concat-fix" {
      guard let whole = layouts[concatenation], whole.shape.rank == 4,
        [3, -1].contains(model.graph.operations[concatenation].attributes.int("axis"))
      else { continue }
      let inputs = model.producers(of: concatenation, argument: "input")
      guard inputs.reduce(0, { $0 + (layouts[$1]?.channels ?? 0) }) == whole.channels else { continue }
      var channel = 0
      for input in inputs {
        guard let layout = layouts[input] else { break }
        let start = channel
        channel += layout.channels
        let users = consumers[input] ?? []
        guard made.contains(input), !fixed.contains(input), homes[input] == nil, !views.contains(input),
          users.filter({ $0 == concatenation }).count == 1, layout.fixPoint == whole.fixPoint,
          layout.elementType == .int8, layout.shape.dimensions.dropLast() == whole.shape.dimensions.dropLast(),
          KernelTable.writesStrided(model.graph.operations[input]),
          users.allSatisfy({ KernelTable.readsStrided(model.graph.operations[$0]) })
        else { continue }
        homes[input] = Home(operation: concatenation, byteOffset: start)
        placed[concatenation, default: []].insert(input)
        layouts[input]?.pixelStride = whole.channels
      }
    }
  }
}
