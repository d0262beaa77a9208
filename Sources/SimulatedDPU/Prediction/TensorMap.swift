import Tensors
import XModel

/// Where in memory the constants and tensors of superlayers lie.
struct TensorMap {
  private struct Constant {
    let register: Int
    let bytes: Range<Int>
    let owner: Int
  }

  private var constants: [Constant] = []
  private var tensors: [(place: TensorPlace, owner: Int)] = []

  /// Gathers the constants and tensors of superlayers.
  init(_ layers: [Superlayer], _ model: Model) {
    for (owner, layer) in layers.enumerated() {
      for operation in layer.operations {
        if let place = model.graph.operations[operation].output.place { tensors.append((place, owner)) }
        for constant in model.producers(of: operation) where model.constant(constant) != nil {
          let piece = model.graph.operations[constant].output
          guard let address = piece.attributes.int("ddr_addr") else { continue }
          let (end, isOver) = address.addingReportingOverflow(piece.shape.elementCount)
          guard !isOver else { continue }
          constants.append(
            Constant(register: piece.attributes.int("reg_id") ?? 0, bytes: address..<end, owner: owner))
        }
      }
    }
  }

  /// The superlayer of the constant at an address.
  func constantOwner(register: Int, address: Int) -> Int? {
    constants.first { $0.register == register && $0.bytes.contains(address) }?.owner
  }

  /// The superlayers of the tensors with an element at an address, each once; in place, there are several.
  func tensorOwners(register: Int, address: Int) -> [Int] {
    var owners: [Int] = []
    for (place, owner) in tensors where place.register == register && !owners.contains(owner) {
      if place.hasElement(at: address) { owners.append(owner) }
    }
    return owners
  }
}

extension TensorPlace {
  /// Whether an element lies at an address; interleaved tensors share a range but no element.
  fileprivate func hasElement(at position: Int) -> Bool {
    guard range.contains(position) else { return false }
    var rest = position - address
    for (count, stride) in zip(shape.dimensions, strides) {
      rest -= min(rest / max(1, stride), count - 1) * stride
    }
    return rest == 0
  }
}
