/// A part of a DPU subgraph: operations that the compiler fused, and the code that runs them alone where the file has it.
///
/// Files of compilers up to 2.5 have that code; the program of the whole subgraph is another one. The superlayers of a
/// subgraph run in the order given, with the subgraph's registers, and each leaves its tensors in memory. Tensors reuse
/// addresses: those of one superlayer are safe until the next one runs.
package struct Superlayer: Sendable {
  /// The name of the subgraph.
  package let name: String
  /// The code, `nil` where the file has none.
  package let code: Bytes?
  /// Whether it needs no code because its tensor is made where it belongs, such as a concatenation's.
  package let isInPlace: Bool
  /// The operations without constants, in an order in which they can run; indices into `graph.operations`.
  package let operations: [Int]
}

extension Model {
  /// The superlayers of a DPU partition in the order in which they run; empty if the file does not list them.
  package func superlayers(of partition: Partition) -> [Superlayer] {
    guard let children = graph.root?.children, children.indices.contains(partition.index),
      case .strings(let order)? = children[partition.index].attributes["children_topological_sort"]
    else { return [] }
    let byName = Dictionary(children[partition.index].children.map { ($0.name, $0) }) { first, _ in first }
    return order.compactMap { byName[$0] }.map { child in
      let members = Set(child.operationNames.compactMap { index(of: $0) })
      return Superlayer(
        name: child.name, code: child.attributes.bytes("mc_code").flatMap { $0.count > 0 ? $0 : nil },
        isInPlace: child.attributes.bool("skip_code_gen") ?? false,
        operations: partition.operations.filter { members.contains($0) && constant($0) == nil })
    }
  }
}
