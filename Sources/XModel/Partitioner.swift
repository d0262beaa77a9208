/// Divides a graph into the parts that run on one device each: the children of the root subgraph.
struct Partitioner {
  private let graph: Graph
  private let links: GraphLinks
  private let fail: Failure

  /// Prepares the division.
  init(_ graph: Graph, _ links: GraphLinks, _ fail: Failure) {
    self.graph = graph
    self.links = links
    self.fail = fail
  }

  /// The parts, each behind those that feed it.
  ///
  /// - Throws: `.invalid` for operations in no subgraph or in two, for tensors that pass the border of a DPU subgraph
  ///   without upload or download, and for subgraphs that need each other; `.unsupported` for foreign devices.
  func partitions() throws(XModelError) -> [Partition] {
    guard let root = graph.root else {
      throw fail(
        .invalid, "the graph has no subgraphs (subg_root), not even one of all operations; the file is cut short")
    }
    for name in root.operationNames where links.indexByName[name] == nil {
      throw fail(.invalid, "subgraph \(quoted(root.name)) lists \(quoted(name)), but no operation is named so")
    }
    guard !root.children.isEmpty else { return [try unassigned(root)] }
    let owners = try owners(root)
    var members = [[Int]](repeating: [], count: root.children.count)
    for operation in links.order { members[owners[operation]].append(operation) }
    var partitions: [Partition] = []
    for (index, child) in root.children.enumerated() {
      partitions.append(try partition(index, child, members[index], owners, root))
    }
    do {
      return try TopologicalOrder(needs: needs(owners, count: partitions.count)).nodes.map { partitions[$0] }
    } catch {
      throw fail(.invalid, "subgraphs need each other in a ring: \(ring(error, of: root.children.map(\.name)))")
    }
  }

  /// The one part of a graph that was not compiled.
  private func unassigned(_ root: Subgraph) throws(XModelError) -> Partition {
    if let stray = graph.operations.first(where: { ["upload", "download"].contains($0.type) }) {
      throw fail(
        .invalid,
        "operation \(quoted(stray.name)) (\(stray.type)) is compiled, but no subgraph says for what device")
    }
    let outside = links.order.filter { links.producers[$0].isEmpty && !isConstant($0) }
    let results = links.order.filter { links.consumers[$0].isEmpty && !isConstant($0) }
    return Partition(
      index: 0, name: root.name, kind: .unassigned, operations: links.order, inputs: outside,
      outputs: results, program: nil)
  }

  /// For each operation the number of the child that lists it, itself or through its own children.
  private func owners(_ root: Subgraph) throws(XModelError) -> [Int] {
    var owners = [Int?](repeating: nil, count: graph.operations.count)
    for (index, child) in root.children.enumerated() {
      var open = [child]
      while let subgraph = open.popLast() {
        for name in subgraph.operationNames {
          guard let operation = links.indexByName[name] else {
            throw fail(
              .invalid, "subgraph \(quoted(subgraph.name)) lists \(quoted(name)), but no operation is named so")
          }
          if let owner = owners[operation], owner != index {
            throw fail(
              .invalid,
              "operation \(quoted(name)) is in two subgraphs, \(quoted(root.children[owner].name)) and \(quoted(child.name))"
            )
          }
          owners[operation] = index
        }
        open += subgraph.children
      }
    }
    if let stray = owners.firstIndex(of: nil) {
      throw fail(.invalid, "operation \(quoted(graph.operations[stray].name)) is in no subgraph")
    }
    return owners.compactMap { $0 }
  }

  private func needs(_ owners: [Int], count: Int) -> [[Int]] {
    var needs = [Set<Int>](repeating: [], count: count)
    for (operation, owner) in owners.enumerated() {
      for producer in links.producers[operation] where owners[producer] != owner {
        needs[owner].insert(owners[producer])
      }
    }
    return needs.map { $0.sorted() }
  }

  private func partition(
    _ index: Int, _ child: Subgraph, _ members: [Int], _ owners: [Int], _ root: Subgraph
  ) throws(XModelError) -> Partition {
    guard let device = child.attributes.string("device") else {
      let target = root.attributes.string("target").map { " (the file's target is \(quoted($0)))" } ?? ""
      throw fail(
        .unsupported,
        "subgraph \(quoted(child.name)) names no device\(target), expected USER, DPU or CPU; "
          + CompiledProgram.supportAdvice)
    }
    let inputs: [Int]
    let outputs: [Int]
    var program: CompiledProgram?
    switch Partition.Kind(rawValue: device) {
    case .user:
      try checkUser(child, members)
      inputs = []
      outputs = results(members, owners, index)
    case .cpu:
      inputs = outside(members, owners, index)
      outputs = results(members, owners, index)
    case .dpu:
      program = try CompiledProgram(child, fail)
      try checkBorder(child, members, owners, index)
      inputs = ordered(members.filter { type($0) == "upload" }) { $0 }
      outputs = ordered(members.filter { type($0) == "download" }) { links.producers[$0][0] }
    case .unassigned, nil:
      throw fail(
        .unsupported,
        "subgraph \(quoted(child.name)) is for device \(quoted(device)), expected USER, DPU or CPU; "
          + CompiledProgram.supportAdvice)
    }
    return Partition(
      index: index, name: child.name, kind: Partition.Kind(rawValue: device) ?? .unassigned, operations: members,
      inputs: inputs, outputs: outputs, program: program)
  }

  private func type(_ operation: Int) -> String { graph.operations[operation].type }

  private func isConstant(_ operation: Int) -> Bool { graph.operations[operation].isConstant }

  private func outside(_ members: [Int], _ owners: [Int], _ index: Int) -> [Int] {
    var seen: Set<Int> = []
    return members.flatMap { links.producers[$0] }
      .filter { owners[$0] != index && !isConstant($0) && seen.insert($0).inserted }
  }

  private func results(_ members: [Int], _ owners: [Int], _ index: Int) -> [Int] {
    members.filter { member in
      let consumers = links.consumers[member]
      return !isConstant(member) && (consumers.isEmpty || consumers.contains { owners[$0] != index })
    }
  }

  /// By ascending register and address of the tensor, as the runtime of the board numbers them.
  private func ordered(_ operations: [Int], by tensorOf: (Int) -> Int) -> [Int] {
    let keys = operations.map { operation in
      let attributes = graph.operations[tensorOf(operation)].output.attributes
      return (attributes.int("reg_id") ?? 0, attributes.int("ddr_addr") ?? 0, operation)
    }
    return keys.sorted { $0 < $1 }.map(\.2)
  }

  private func checkUser(_ child: Subgraph, _ members: [Int]) throws(XModelError) {
    for operation in members where !links.producers[operation].isEmpty {
      throw fail(
        .invalid,
        "operation \(quoted(graph.operations[operation].name)) of USER subgraph \(quoted(child.name)) has arguments, "
          + "expected inputs only")
    }
  }

  /// Tensors enter a DPU subgraph through uploads and leave it through downloads, each of one tensor.
  private func checkBorder(
    _ child: Subgraph, _ members: [Int], _ owners: [Int], _ index: Int
  ) throws(XModelError) {
    for operation in members {
      let producers = links.producers[operation]
      let isUpload = type(operation) == "upload"
      if isUpload || type(operation) == "download" {
        guard producers.count == 1 else {
          throw fail(
            .invalid,
            "\(type(operation)) \(quoted(graph.operations[operation].name)) has \(producers.count) inputs, expected 1")
        }
        try checkCopy(graph.operations[operation], of: graph.operations[producers[0]])
      }
      for producer in producers where (owners[producer] != index) != isUpload {
        let rule = isUpload ? "an upload must read another subgraph's tensor" : "only an upload may"
        throw fail(
          .invalid,
          "operation \(quoted(graph.operations[operation].name)) of DPU subgraph \(quoted(child.name)) reads "
            + "\(quoted(graph.operations[producer].name)) of subgraph \(quoted(name(owners[producer]))); \(rule)")
      }
      for consumer in links.consumers[operation] where owners[consumer] != index && type(operation) != "download" {
        throw fail(
          .invalid,
          "operation \(quoted(graph.operations[consumer].name)) of subgraph \(quoted(name(owners[consumer]))) reads "
            + "\(quoted(graph.operations[operation].name)) inside DPU subgraph \(quoted(child.name)); only a download may be read"
        )
      }
    }
  }

  private func checkCopy(_ copy: Operation, of original: Operation) throws(XModelError) {
    let (made, given) = (copy.output, original.output)
    guard made.shape.elementCount == given.shape.elementCount, made.bitWidth == given.bitWidth else {
      throw fail(
        .invalid,
        "\(copy.type) \(quoted(copy.name)) makes \(made.shape) of \(made.bitWidth) bits from \(given.shape) of "
          + "\(given.bitWidth) bits; it may only copy")
    }
  }

  private func name(_ child: Int) -> String { graph.root?.children[child].name ?? "" }
}

extension Operation {
  /// Whether the operation's tensor is fixed in the file.
  package var isConstant: Bool { type == "const-fix" || type == "const" }
}
