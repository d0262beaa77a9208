/// Gives tensors places in one block of memory, such that two share bytes only if they are never alive together.
///
/// Largest first, each at the lowest offset that is free during its life: simple, and close to the optimum for
/// networks of this kind.
package struct ArenaPlanner {
  private struct Tensor {
    let byteCount: Int
    var firstStep: Int
    var lastStep: Int
  }
  private var tensors: [Tensor] = []

  /// Starts with nothing.
  package init() {}

  /// Adds a tensor that is alive at a step, and gives its number.
  package mutating func add(byteCount: Int, at step: Int) -> Int {
    tensors.append(Tensor(byteCount: (byteCount + 63) & ~63, firstStep: step, lastStep: step))
    return tensors.count - 1
  }

  /// Keeps a tensor alive at a further step.
  package mutating func use(_ tensor: Int, at step: Int) {
    tensors[tensor].firstStep = min(tensors[tensor].firstStep, step)
    tensors[tensor].lastStep = max(tensors[tensor].lastStep, step)
  }

  /// The offset of each tensor, and the size of the block.
  package func plan() -> (offsets: [Int], byteCount: Int) {
    var offsets = [Int](repeating: 0, count: tensors.count)
    var placed: [Int] = []
    var total = 0
    let order = tensors.indices.sorted { (tensors[$1].byteCount, $0) < (tensors[$0].byteCount, $1) }
    for index in order {
      let tensor = tensors[index]
      let neighbours = placed.filter { other in
        tensors[other].firstStep <= tensor.lastStep && tensor.firstStep <= tensors[other].lastStep
      }
      var offset = 0
      for other in neighbours.sorted(by: { offsets[$0] < offsets[$1] }) {
        if offsets[other] >= offset + tensor.byteCount { break }
        offset = max(offset, offsets[other] + tensors[other].byteCount)
      }
      offsets[index] = offset
      placed.append(index)
      total = max(total, offset + tensor.byteCount)
    }
    return (offsets, total)
  }
}
