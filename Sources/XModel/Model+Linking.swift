extension Model {
  /// Reads, checks and links a file.
  ///
  /// - Throws: `.inputOutput` and `.malformed` from reading; `.invalid` if the graph contradicts itself, naming the
  ///   operation or subgraph; `.unsupported` if it is compiled for another family of devices.
  package init(path: String) throws(XModelError) {
    try self.init(graph: Graph(path: path), path: path)
  }

  /// Checks and links a graph.
  ///
  /// - Throws: `.invalid` if the graph contradicts itself, naming the operation or subgraph; `.unsupported` if it is
  ///   compiled for another family of devices.
  package init(graph: Graph, path: String) throws(XModelError) {
    let fail = Failure(path: path)
    guard !graph.operations.isEmpty else { throw fail(.invalid, "the graph has no operations; the file is cut short") }
    let links = try GraphLinks(graph, fail)
    let partitions = try Partitioner(graph, links, fail).partitions()
    let constants = try Model.findConstants(graph, partitions, fail)
    self.graph = graph
    self.path = path
    self.partitions = partitions
    producersOfArguments = links.producersOfArguments
    indexByName = links.indexByName
    constantBytes = constants
  }
}

/// Makes the errors of one file.
struct Failure {
  let path: String

  /// Makes an error.
  func callAsFunction(_ code: XModelError.Code, _ message: String) -> XModelError {
    XModelError(code, message, path: path)
  }
}

/// Who feeds whom: the operations of a graph by number.
struct GraphLinks {
  /// The number of each operation by its name.
  let indexByName: [String: Int]
  /// For each operation and argument, the operations that feed it.
  let producersOfArguments: [[[Int]]]
  /// For each operation, the operations that feed it.
  let producers: [[Int]]
  /// For each operation, the operations that it feeds; one that it feeds twice stands there twice.
  let consumers: [[Int]]
  /// All operations, each behind those that feed it.
  let order: [Int]

  /// Links a graph.
  ///
  /// - Throws: `.invalid` for names that occur twice or not at all, tensors without elements, and rings.
  init(_ graph: Graph, _ fail: Failure) throws(XModelError) {
    let operations = graph.operations
    var indexByName: [String: Int] = [:]
    indexByName.reserveCapacity(operations.count)
    for (index, operation) in operations.enumerated() {
      guard indexByName.updateValue(index, forKey: operation.name) == nil else {
        throw fail(.invalid, "two operations are named \(quoted(operation.name)); names must be unique")
      }
      guard operation.output.shape.elementCount > 0 else {
        throw fail(
          .invalid, "operation \(quoted(operation.name)): its tensor's shape \(operation.output.shape) is empty")
      }
    }
    var linked: [[[Int]]] = []
    linked.reserveCapacity(operations.count)
    for operation in operations {
      var arguments: [[Int]] = []
      var names: Set<String> = []
      for argument in operation.arguments {
        guard names.insert(argument.name).inserted else {
          throw fail(.invalid, "operation \(quoted(operation.name)) has two arguments named \(quoted(argument.name))")
        }
        var producers: [Int] = []
        for name in argument.producers {
          guard let producer = indexByName[name] else {
            throw fail(
              .invalid,
              "operation \(quoted(operation.name)), argument \(quoted(argument.name)): no operation is named \(quoted(name))"
            )
          }
          producers.append(producer)
        }
        arguments.append(producers)
      }
      linked.append(arguments)
    }
    let producers = linked.map { $0.flatMap { $0 } }
    var consumers = [[Int]](repeating: [], count: operations.count)
    for (consumer, list) in producers.enumerated() {
      for producer in list { consumers[producer].append(consumer) }
    }
    do {
      order = try TopologicalOrder(needs: producers).nodes
    } catch {
      throw fail(.invalid, "operations need each other in a ring: \(ring(error, of: operations.map(\.name)))")
    }
    self.indexByName = indexByName
    producersOfArguments = linked
    self.producers = producers
    self.consumers = consumers
  }
}

/// The names of a ring for a message, at most eight.
func ring(_ cycle: TopologicalOrder.Cycle, of names: [String]) -> String {
  let shown = cycle.nodes.prefix(8).map { quoted(names[$0]) }
  let more = cycle.nodes.count > 8 ? ["\(cycle.nodes.count - 8) more"] : []
  return (shown + more + [shown[0]]).joined(separator: " needs ")
}
