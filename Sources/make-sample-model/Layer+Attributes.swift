import Tensors
import XModel

extension NetworkDescription.Layer {
  /// The attributes of the operation, as a compiled file has them.
  ///
  /// - Throws: `DescriptionError` for an unknown type and for attributes that the type needs and the layer lacks.
  func compiledAttributes(inputs: [Shape], workload: UInt64) throws(DescriptionError) -> Attributes {
    let nonlinear = AttributeValue.string(relu ? "RELU" : "NONE")
    var attributes: Attributes = ["device": .string("DPU")]
    switch type {
    case "conv2d-fix", "transposed-conv2d-fix":
      try addWindow(to: &attributes)
      attributes["dilation"] = .int32s([1, 1])
      attributes["nonlinear"] = nonlinear
      attributes["workload"] = .uint64(workload)
      if type == "conv2d-fix" {
        attributes["pad_mode"] = .string("SAME")
        for name in ["hsigmoid_in", "shift_hsigmoid", "shift_hswish"] { attributes[name] = .int32(-128) }
      }
    case "pool-fix":
      try addWindow(to: &attributes)
      attributes["type"] = .string("MAX")
      attributes["workload"] = .uint64(workload)
    case "eltwise-fix":
      attributes["nonlinear"] = nonlinear
      attributes["type"] = .string("ADD")
    case "concat-fix":
      attributes["axis"] = .int32(3)
    case "upsample-fix":
      guard let input = inputs.first else { throw DescriptionError("layer \"\(name)\" reads nothing") }
      attributes["align_corners"] = .bool(false)
      attributes["half_pixel_centers"] = .bool(false)
      attributes["mode"] = .string("NEAREST")
      attributes["scale"] = .int32s([Int32(shape[2] / input[2]), Int32(shape[1] / input[1])])
    default:
      throw DescriptionError("layer \"\(name)\" has type \(type), which this tool cannot write")
    }
    return attributes
  }

  /// The operations of one frame: two for each product of a convolution, one for each element that a pool compares.
  func workload(inputs: [Shape]) -> UInt64 {
    let outputs = shape.reduce(1, *)
    let window = Int((kernel ?? []).reduce(1, *))
    switch type {
    case "conv2d-fix": return UInt64(2 * outputs * window * (inputs.first?[-1] ?? 0))
    case "transposed-conv2d-fix": return UInt64(2 * (inputs.first?.elementCount ?? 0) * window * (shape.last ?? 0))
    case "pool-fix": return UInt64(outputs * window)
    default: return 0
    }
  }

  private func addWindow(to attributes: inout Attributes) throws(DescriptionError) {
    guard let kernel, kernel.count == 2, let stride, stride.count == 2, let pad, pad.count == 4 else {
      throw DescriptionError("layer \"\(name)\" (\(type)) needs two numbers for kernel and stride and four for pad")
    }
    attributes["kernel"] = .int32s(kernel)
    attributes["pad"] = .int32s(pad)
    attributes["stride"] = .int32s(stride)
  }
}
