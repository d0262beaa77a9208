import Tensors
import XModel

/// Where in memory the constants and tensors of superlayers lie.
struct TensorMap {
  private struct Constant {
    let register: Int
    let bytes: Range<Int>
    let owner: Int
  }

  private struct Tensor {
    let register: Int
    let address: Int
    let extents: [Int]
    let strides: [Int]
    let owner: Int

    /// Whether an element lies at an address; interleaved tensors share a range but no element.
    func contains(_ position: Int) -> Bool {
      var rest = position - address
      guard rest >= 0 else { return false }
      for (extent, stride) in zip(extents, strides) {
        let index = min(rest / max(1, stride), extent - 1)
        rest -= index * stride
      }
      return rest == 0
    }
  }

  private var constants: [Constant] = []
  private var tensors: [Tensor] = []

  /// Gathers the constants and tensors of superlayers.
  init(_ layers: [SuperlayerAttribution.Superlayer], _ model: Model) {
    for (owner, layer) in layers.enumerated() {
      for operation in layer.operations {
        let output = model.graph.operations[operation].output
        if model.constant(operation) == nil, let tensor = TensorMap.tensor(output, owner) { tensors.append(tensor) }
        for constant in model.producers(of: operation) where model.constant(constant) != nil {
          let piece = model.graph.operations[constant].output
          guard let address = piece.attributes.int("ddr_addr") else { continue }
          constants.append(
            Constant(
              register: piece.attributes.int("reg_id") ?? 0, bytes: address..<address + piece.shape.elementCount,
              owner: owner))
        }
      }
    }
    constants.sort { $0.bytes.lowerBound < $1.bytes.lowerBound }
  }

  private static func tensor(_ output: TensorDescription, _ owner: Int) -> Tensor? {
    guard let register = output.attributes.int("reg_id"), let address = output.attributes.int("ddr_addr"),
      output.attributes.int("location") ?? 1 == 1
    else { return nil }
    let extents = output.shape.dimensions
    var strides = output.attributes.ints("stride") ?? []
    if strides.count != extents.count {
      var product = 1
      strides = extents.reversed().map { extent in
        defer { product *= extent }
        return product
      }.reversed()
    }
    return Tensor(register: register, address: address, extents: extents, strides: strides, owner: owner)
  }

  /// The superlayer of the constant at an address.
  func constantOwner(register: Int, address: Int) -> Int? {
    constants.first { $0.register == register && $0.bytes.contains(address) }?.owner
  }

  /// The superlayers of the tensors with an element at an address, each once; in place, there are several.
  func tensorOwners(register: Int, address: Int) -> [Int] {
    var owners: [Int] = []
    for tensor in tensors
    where tensor.register == register && tensor.contains(address) && !owners.contains(tensor.owner) {
      owners.append(tensor.owner)
    }
    return owners
  }
}
