package import Tensors
package import XModel

/// Turns the description of an int8 network into the graph of a compiled file, with code for a DPU if there is some.
///
/// The form is that of the files which AMD's compiler writes: root with one child each for USER, DPU and CPU; the DPU
/// child made of superlayers, uploads and downloads; constants in `REG_0`, with transposed kernels grouped by the
/// output phase that they feed. Inner tensors lie densely one behind the other in the workspace.
/// - Source: docs/xmodel-format.md.
package struct Compiler {
  private let network: NetworkDescription
  private let programs: CompiledPrograms?
  private var operations: [Operation] = []
  private var shapes: [String: Shape] = [:]
  private var memory = MemoryPlan()
  private var superlayers: [Subgraph] = []

  /// Compiles a network.
  ///
  /// - Throws: `DescriptionError` for a description that contradicts itself, and for programs of other superlayers.
  package static func graph(
    of network: NetworkDescription, programs: CompiledPrograms? = nil
  ) throws(DescriptionError) -> Graph {
    var compiler = Compiler(network, programs)
    return try compiler.compile()
  }

  private init(_ network: NetworkDescription, _ programs: CompiledPrograms?) {
    self.network = network
    self.programs = programs
  }

  private mutating func compile() throws(DescriptionError) -> Graph {
    let upload = try appendInput()
    for layer in network.layers { try append(layer) }
    let tail = try appendOutput()
    let workload = superlayers.reduce(0) { $0 + $1.workload }

    var attributes = memory.attributes
    attributes["children_topological_sort"] = .strings(superlayers.map(\.name))
    attributes["device"] = .string("DPU")
    attributes["dpu_name"] = .string(programs?.targetName ?? "swift-dpu-software")
    attributes["workload"] = .uint64(workload)
    if let programs {
      attributes["dpu_fingerprint"] = .uint64(programs.fingerprint.rawValue)
      attributes["mc_code"] = .bytes(Bytes(programs.subgraph))
      try addCode(of: programs)
    }
    let uploads = Subgraph(over: [upload], named: upload)
    let downloads = Subgraph(over: [tail.download], named: tail.download)
    let root = Subgraph(
      name: "root", attributes: ["workload": .uint64(workload)],
      children: [
        Subgraph(over: [network.input.name], named: network.input.name, device: "USER"),
        Subgraph(
          name: "subgraph_\(network.output)", attributes: attributes, children: [uploads] + superlayers + [downloads]),
        Subgraph(over: tail.host, named: tail.host.last ?? "", device: "CPU"),
      ])
    return Graph(
      name: network.name, operations: operations, root: root,
      attributes: [
        "origin": .string(programs == nil ? "swift-dpu, sample/train" : "swift-dpu, sample/compiled"),
        "target": .string(
          programs.map { "\($0.targetName) (\($0.fingerprint.hexadecimal))" }
            ?? "the software device of swift-dpu: holds no code for a DPU"),
      ])
  }

  /// Gives each superlayer its own code.
  private mutating func addCode(of programs: CompiledPrograms) throws(DescriptionError) {
    for name in programs.superlayers.keys.sorted() where !superlayers.contains(where: { $0.name == name }) {
      throw DescriptionError(
        "the programs name the superlayer \"\(name)\", expected one of \(superlayers.map(\.name).joined(separator: ", "))"
      )
    }
    for index in superlayers.indices {
      guard let code = programs.superlayers[superlayers[index].name] else { continue }
      superlayers[index].attributes["mc_code"] = .bytes(Bytes(code))
    }
  }

  /// Adds the picture from outside and its way into the DPU's memory; gives the name of the upload.
  private mutating func appendInput() throws(DescriptionError) -> String {
    let input = network.input
    let shape = try checkedShape(input.shape, of: input.name)
    let upload = input.name + "_upload_0"
    var place = DPUTensor(shape: shape, fixPoint: input.fixPoint)
    operations.append(
      Operation(
        name: input.name, type: "data-fix",
        attributes: ["data_type": .string("XINT8"), "device": .string("USER"), "shape": .int32s(shape.extents)],
        output: place.description(input.name + "_fix")))
    place.address = (.input, memory.reserve(shape.elementCount, in: .input))
    operations.append(
      Operation(
        name: upload, type: "upload", attributes: ["device": .string("DPU")],
        arguments: [Argument(name: "input", producers: [input.name])],
        output: place.description(upload + "_fix")))
    shapes[input.name] = shape
    return upload
  }

  /// Adds the way out of the DPU's memory and the softmax on the host; gives the names of the operations.
  private mutating func appendOutput() throws(DescriptionError) -> (download: String, host: [String]) {
    guard let last = network.layers.last, last.name == network.output, let shape = shapes[last.name] else {
      throw DescriptionError("output \"\(network.output)\" is not the last layer")
    }
    let download = last.name + "_download_0"
    let float = last.name + "_fix2float"
    let softmax = last.name + "_softmax"
    func append(_ name: String, _ type: String, _ attributes: Attributes, _ from: String, _ output: TensorDescription) {
      let input = Argument(name: "input", producers: [from])
      operations.append(Operation(name: name, type: type, attributes: attributes, arguments: [input], output: output))
    }
    let result = DPUTensor(shape: shape, fixPoint: last.fixPoint)
    append(download, "download", ["device": .string("DPU")], last.name, result.description(last.name + "_fix"))
    append(
      float, "fix2float",
      [
        "bit_width": .int32(8), "device": .string("CPU"), "fix_point": .int32(last.fixPoint),
        "if_signed": .bool(true), "round_mode": .string("DPU_ROUND"),
      ],
      download, TensorDescription(name: float, shape: shape, dataType: .float, bitWidth: 32))
    append(
      softmax, "softmax", ["axis": .int32(-1), "device": .string("CPU")],
      float, TensorDescription(name: softmax, shape: shape, dataType: .float, bitWidth: 32))
    return (download, [float, softmax])
  }

  /// Adds one layer with its constants as a superlayer.
  private mutating func append(_ layer: NetworkDescription.Layer) throws(DescriptionError) {
    let shape = try checkedShape(layer.shape, of: layer.name)
    for input in layer.inputs where shapes[input] == nil {
      throw DescriptionError("layer \"\(layer.name)\" reads \"\(input)\", which does not come before it")
    }
    guard shapes[layer.name] == nil else { throw DescriptionError("two layers have the name \"\(layer.name)\"") }
    var arguments = [Argument(name: "input", producers: layer.inputs.map { uploaded($0) })]
    var members: [String] = []
    if layer.type.contains("conv") {
      let constants = try appendConstants(of: layer)
      arguments += constants.map { Argument(name: $0.argument, producers: [$0.name]) }
      members += constants.map(\.name)
    } else if layer.type == "upsample-fix" {
      // The argument stands in compiled files although nothing feeds it: `scale` says it all.
      arguments.append(Argument(name: "size", producers: []))
    }
    let isOutput = layer.name == network.output
    let region: MemoryPlan.Region = isOutput ? .output : .workspace
    var place = DPUTensor(shape: shape, fixPoint: layer.fixPoint)
    place.address = (region, memory.reserve(shape.elementCount, in: region))
    let inputShapes = layer.inputs.compactMap { shapes[$0] }
    let workload = layer.workload(inputs: inputShapes)
    operations.append(
      Operation(
        name: layer.name, type: layer.type,
        attributes: try layer.compiledAttributes(inputs: inputShapes, workload: workload), arguments: arguments,
        output: place.description(layer.name + (isOutput ? "_fix_download_0" : "_fix"))))
    superlayers.append(Subgraph(over: members + [layer.name], named: layer.name, workload: workload))
    shapes[layer.name] = shape
  }

  /// Adds weights and bias of a convolution to the region of constants; gives argument and name of each.
  private mutating func appendConstants(
    of layer: NetworkDescription.Layer
  ) throws(DescriptionError) -> [(argument: String, name: String)] {
    var names: [(argument: String, name: String)] = []
    for (argument, constant) in [("weights", layer.weights), ("bias", layer.bias)] {
      guard let constant else { throw DescriptionError("layer \"\(layer.name)\" has no \(argument)") }
      let name = "\(layer.name)_\(argument)"
      let shape = try checkedShape(constant.shape, of: name)
      guard shape.elementCount == constant.data.count else {
        throw DescriptionError(
          "\(name) has \(constant.data.count) bytes, its shape \(shape) needs \(shape.elementCount)")
      }
      var bytes = [UInt8](constant.data)
      if argument == "weights" && layer.type == "transposed-conv2d-fix" {
        guard shape.rank == 4, let stride = layer.stride, stride.count == 2, stride.allSatisfy({ $0 > 0 }) else {
          throw DescriptionError("layer \"\(layer.name)\" needs a kernel of four axes and two steps")
        }
        bytes = groupedByPhase(bytes, shape: shape, strideWidth: Int(stride[0]), strideHeight: Int(stride[1]))
      }
      var place = DPUTensor(shape: shape, fixPoint: constant.fixPoint, roundMode: "PY3_ROUND", hasStride: false)
      place.address = (.constants, memory.store(bytes))
      operations.append(
        Operation(
          name: name, type: "const-fix",
          attributes: [
            "data": .bytes(Bytes([])), "data_type": .string("XINT8"), "device": .string("DPU"),
            "shape": .int32s(shape.extents),
          ],
          output: place.description(name + "_fix")))
      names.append((argument, name))
    }
    return names
  }

  /// The operation inside the DPU subgraph that stands for a layer or for the picture.
  private func uploaded(_ name: String) -> String { name == network.input.name ? name + "_upload_0" : name }

  private func checkedShape(_ dimensions: [Int], of name: String) throws(DescriptionError) -> Shape {
    guard dimensions.allSatisfy({ 1...4096 ~= $0 }), 1...4 ~= dimensions.count,
      let shape = Shape(checking: dimensions), shape.elementCount < 1 << 24
    else {
      throw DescriptionError("\"\(name)\" has shape \(dimensions), expected up to four extents and 16 million elements")
    }
    return shape
  }
}

/// Sorts the taps of a transposed kernel by the output phase that they feed, as compiled files store them.
///
/// - Shape: `[out, h, w, in]` Int8 in correlation order; grouped: out, phase (rows, then columns), tap, in
/// - Source: docs/arithmetic.md.
package func groupedByPhase(_ kernel: [UInt8], shape: Shape, strideWidth: Int, strideHeight: Int) -> [UInt8] {
  let (height, width, channels) = (shape[1], shape[2], shape[3])
  var grouped: [UInt8] = []
  grouped.reserveCapacity(kernel.count)
  for out in 0..<shape[0] {
    for phaseRow in 0..<strideHeight {
      for phaseColumn in 0..<strideWidth {
        for row in stride(from: phaseRow, to: height, by: strideHeight) {
          for column in stride(from: phaseColumn, to: width, by: strideWidth) {
            let start = ((out * height + row) * width + column) * channels
            grouped += kernel[start..<start + channels]
          }
        }
      }
    }
  }
  return grouped
}
