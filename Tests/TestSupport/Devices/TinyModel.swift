import Tensors
package import XModel

/// A compiled model of one 1x1 convolution whose program is not a DPU's: a few words that `TinyCore` understands.
///
/// It lets the job sequence, the port and its faults be tested without the instruction set.
package struct TinyModel: Sendable {
  /// Registers and addresses of input and output, and the sizes of their regions.
  package struct Tensor: Equatable, Sendable {
    /// The register of the region.
    package var register: Int
    /// The first byte within the region.
    package var offset: Int
    /// Bytes of the region behind the tensor.
    package var rest = 0

    /// Makes a place.
    package init(register: Int, offset: Int, rest: Int = 0) {
      self.register = register
      self.offset = offset
      self.rest = rest
    }
  }

  /// The input.
  package var input = Tensor(register: 2, offset: 272, rest: 16)
  /// The output.
  package var output = Tensor(register: 3, offset: 8, rest: 3)
  /// What the compiler says of each region that is not constant.
  package var context = "INTERFACE"
  /// The core that the program is for.
  package var fingerprint: UInt64? = TinyModel.fingerprint
  /// Whether there is a program at all.
  package var hasCode = true
  /// Height and width of the tensors.
  package var extents = (height: 4, width: 6)

  /// A B4096 of ISA1, as DPU-PYNQ 2.5 builds it.
  package static let fingerprint: UInt64 = 0x101_0000_1601_0407
  /// The first word of the program.
  static let magic: UInt32 = 0x5449_4E59

  private static let inputChannels = 3
  private static let outputChannels = 5
  private static let weights: [Int8] = [1, -2, 3, 127, -128, 5, 0, 0, 1, 9, 9, -9, 64, 32, 16]
  private static let bias: [Int8] = [0, -7, 100, -128, 3]
  private static let shiftCut = 5
  private static let shiftBias = 3

  /// The usual model.
  package init() {}

  /// Bytes of the input.
  package var inputByteCount: Int { extents.height * extents.width * TinyModel.inputChannels }
  /// Bytes of the output.
  package var outputByteCount: Int { extents.height * extents.width * TinyModel.outputChannels }

  /// The answer, worked out number by number.
  package func expected(_ input: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    for pixel in 0..<extents.height * extents.width {
      for channel in 0..<TinyModel.outputChannels {
        var sum = Int(TinyModel.bias[channel]) << TinyModel.shiftBias
        for index in 0..<TinyModel.inputChannels {
          let factor = Int(Int8(bitPattern: input[pixel * TinyModel.inputChannels + index]))
          sum += 2 * factor * Int(TinyModel.weights[channel * TinyModel.inputChannels + index])
        }
        let half = 1 << TinyModel.shiftCut
        let rounded = Int((Double(sum + half) / Double(2 * half)).rounded(.down))
        output.append(UInt8(bitPattern: Int8(max(-128, min(127, rounded)))))
      }
    }
    return output
  }

  /// The model, linked.
  package func model() throws -> Model { try Model(graph: graph(), path: "tiny.xmodel") }

  /// The DPU partition of the model.
  package func partition(of model: Model) throws -> Partition {
    guard let partition = model.partitions.first(where: { $0.kind == .dpu }) else {
      throw XModelError(.invalid, "the tiny model has no DPU partition")
    }
    return partition
  }

  /// The model as a file would hold it.
  package func graph() -> Graph {
    var graph = Graph(name: "tiny")
    let (height, width) = extents
    let (inputs, outputs) = (TinyModel.inputChannels, TinyModel.outputChannels)
    graph.operations = [
      operation("input", "data-fix", [1, height, width, inputs], fixPoint: 4),
      operation("up", "upload", [1, height, width, inputs], fixPoint: 4, at: input, from: ["input": ["input"]]),
      operation("weights", "const-fix", [outputs, 1, 1, inputs], fixPoint: 4, at: Tensor(register: 0, offset: 6)),
      operation("bias", "const-fix", [outputs], fixPoint: 6, at: Tensor(register: 0, offset: 0)),
      operation(
        "conv", "conv2d-fix", [1, height, width, outputs], fixPoint: 3, at: output,
        from: ["input": ["up"], "weights": ["weights"], "bias": ["bias"]],
        attributes: ["kernel": .int32s([1, 1]), "stride": .int32s([1, 1]), "nonlinear": .string("NONE")]),
      operation("down", "download", [1, height, width, outputs], fixPoint: 3, from: ["input": ["conv"]]),
    ]
    var dpu = Subgraph(name: "subgraph_conv", operationNames: ["up", "weights", "bias", "conv", "down"])
    dpu.attributes = [
      "device": .string("DPU"), "dpu_name": .string("DPUCZDX8G_ISA1_B4096"),
      "reg_id_to_size": .int32Map(regionByteCounts.reduce(into: [:]) { $0["REG_\($1.key)"] = Int32($1.value) }),
      "reg_id_to_context_type_v2": .stringMap(
        regionByteCounts.reduce(into: [:]) { $0["REG_\($1.key)"] = $1.key == 0 ? "CONST" : context }),
      "reg_id_to_parameter_value": .bytesMap(["REG_0": Bytes(parameters)]),
    ]
    if let fingerprint { dpu.attributes["dpu_fingerprint"] = .uint64(fingerprint) }
    if hasCode { dpu.attributes["mc_code"] = .bytes(Bytes(code)) }
    graph.root = Subgraph(
      name: "root",
      children: [
        Subgraph(name: "subgraph_input", operationNames: ["input"], attributes: ["device": .string("USER")]), dpu,
      ])
    return graph
  }

  /// Bytes of each region by register.
  package var regionByteCounts: [Int: Int] {
    var counts = [0: parameters.count]
    for (tensor, byteCount) in [(input, inputByteCount), (output, outputByteCount)] {
      counts[tensor.register] = max(counts[tensor.register] ?? 0, tensor.offset + byteCount + tensor.rest)
    }
    return counts
  }

  /// The biases, a gap, the weights.
  private var parameters: [UInt8] { (TinyModel.bias + [85] + TinyModel.weights).map { UInt8(bitPattern: $0) } }

  /// The words of the program.
  private var code: [UInt8] {
    let words: [UInt32] =
      [TinyModel.magic]
      + [
        input.register, input.offset, output.register, output.offset, extents.height * extents.width,
        TinyModel.inputChannels, TinyModel.outputChannels, 6, 0, TinyModel.shiftCut, TinyModel.shiftBias,
      ].map { UInt32($0) }
    return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
  }

  private func operation(
    _ name: String, _ type: String, _ dimensions: [Int], fixPoint: Int32, at place: Tensor? = nil,
    from arguments: KeyValuePairs<String, [String]> = [:], attributes: Attributes = [:]
  ) -> XModel.Operation {
    var tensor = TensorDescription(name: name + "_tensor", shape: Shape(dimensions), dataType: .xint, bitWidth: 8)
    tensor.attributes["fix_point"] = .int32(fixPoint)
    tensor.attributes["reg_id"] = place.map { .int32(Int32($0.register)) }
    tensor.attributes["ddr_addr"] = place.map { .int32(Int32($0.offset)) }
    return XModel.Operation(
      name: name, type: type, attributes: attributes,
      arguments: arguments.map { Argument(name: $0.key, producers: $0.value) }, output: tensor)
  }
}
