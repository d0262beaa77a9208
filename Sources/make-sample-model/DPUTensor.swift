import Tensors
import XModel

/// An int8 tensor of a compiled graph: its scale and, inside the DPU's memory, its place.
struct DPUTensor {
  /// The extents.
  let shape: Shape
  /// The scale.
  let fixPoint: Int32
  /// How floats became its numbers.
  var roundMode = "DPU_ROUND"
  /// Whether the distance between elements is written down; constants leave it out.
  var hasStride = true
  /// Region and offset, `nil` outside the DPU's memory.
  var address: (region: MemoryPlan.Region, offset: Int32)?

  /// What the file says of the tensor.
  func description(_ name: String) -> TensorDescription {
    var attributes: Attributes = [
      "bit_width": .int32(8), "fix_point": .int32(fixPoint), "if_signed": .bool(true),
      "round_mode": .string(roundMode),
    ]
    if let address {
      attributes["ddr_addr"] = .int32(address.offset)
      attributes["location"] = .int32(1)
      attributes["reg_id"] = .int32(address.region.rawValue)
      if hasStride { attributes["stride"] = .int32s(shape.strides) }
    }
    return TensorDescription(name: name, shape: shape, dataType: .xint, bitWidth: 8, attributes: attributes)
  }
}

extension Shape {
  /// The extents as attributes hold them.
  var extents: [Int32] { dimensions.map { Int32($0) } }

  /// Elements from one index of an axis to the next, of a dense tensor.
  var strides: [Int32] {
    var step: Int32 = 1
    return Array(
      extents.reversed().map { extent in
        defer { step *= extent }
        return step
      }.reversed())
  }
}

extension Subgraph {
  /// A subgraph that lists its operations itself.
  init(over operations: [String], named name: String, device: String? = nil, workload: UInt64 = 0) {
    var attributes: Attributes = ["workload": .uint64(workload)]
    if let device { attributes["device"] = .string(device) }
    self.init(name: "subgraph_" + name, operationNames: operations, attributes: attributes)
  }

  /// The operations of one frame as written down.
  var workload: UInt64 {
    if case .uint64(let count)? = attributes["workload"] { count } else { 0 }
  }
}
