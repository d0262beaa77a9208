/// Puts nodes behind everything that they need, otherwise in the order of their numbers.
struct TopologicalOrder {
  /// Nodes that need each other in a ring, each the one behind it, the last the first.
  struct Cycle: Error {
    let nodes: [Int]
  }

  /// All nodes, each behind what it needs.
  let nodes: [Int]

  /// Orders the nodes.
  ///
  /// - Parameter needs: For each node, the nodes that must come before it.
  /// - Throws: The ring that makes an order impossible.
  /// - Complexity: Linear in nodes and needs; no recursion, so that a long chain can't exhaust the stack.
  init(needs: [[Int]]) throws(Cycle) {
    enum Mark { case new, open, done }
    var marks = [Mark](repeating: .new, count: needs.count)
    var order: [Int] = []
    order.reserveCapacity(needs.count)
    for root in needs.indices where marks[root] == .new {
      var path = [(node: root, next: 0)]
      marks[root] = .open
      while let (node, next) = path.last {
        guard next < needs[node].count else {
          marks[node] = .done
          order.append(node)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let need = needs[node][next]
        switch marks[need] {
        case .done: break
        case .new:
          marks[need] = .open
          path.append((need, 0))
        case .open:
          throw Cycle(nodes: path.map(\.node).drop { $0 != need }.map { $0 })
        }
      }
    }
    nodes = order
  }
}
