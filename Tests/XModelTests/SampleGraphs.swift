import Tensors
import Testing
import XModel

/// Small graphs that tests build: what the reader, the linker and the fuzzer start from.
enum SampleGraphs {
  /// Input, one convolution on the DPU, and its answer as floats: everything that a compiled file has.
  static func compiled() -> Graph {
    var graph = Graph(name: "sample")
    graph.operations = [
      operation("input", "data-fix", [1, 2, 2, 1], fixPoint: 4),
      operation("up", "upload", [1, 2, 2, 1], fixPoint: 4, register: 2, address: 0, from: ["input": ["input"]]),
      operation("weights", "const-fix", [3, 1, 1, 1], fixPoint: 6, register: 0, address: 3),
      operation("bias", "const-fix", [3], fixPoint: 5, register: 0, address: 0),
      operation(
        "conv", "conv2d-fix", [1, 2, 2, 3], fixPoint: 3, register: 3, address: 0,
        from: ["input": ["up"], "weights": ["weights"], "bias": ["bias"]]),
      operation("down", "download", [1, 2, 2, 3], fixPoint: 3, from: ["input": ["conv"]]),
      floats("answer", "fix2float", [1, 2, 2, 3], from: ["input": ["down"]]),
    ]
    var dpu = Subgraph(name: "subgraph_conv")
    dpu.attributes = [
      "device": .string("DPU"), "dpu_name": .string("DPUCZDX8G_ISA1_B4096"),
      "dpu_fingerprint": .uint64(0x101_0000_1601_0407), "mc_code": .bytes(Bytes([0, 0, 0x20, 0x72])),
      "reg_id_to_size": .int32Map(["REG_0": 6, "REG_2": 4, "REG_3": 12]),
      "reg_id_to_context_type_v2": .stringMap(["REG_0": "CONST", "REG_2": "INTERFACE", "REG_3": "INTERFACE"]),
      "reg_id_to_parameter_value": .bytesMap(["REG_0": Bytes([1, 2, 3, 250, 5, 6])]), "workload": .uint64(24),
    ]
    dpu.children = [
      Subgraph(name: "in", operationNames: ["up"]),
      Subgraph(name: "layer", operationNames: ["weights", "bias", "conv"]),
      Subgraph(name: "out", operationNames: ["down"]),
    ]
    graph.root = Subgraph(
      name: "root",
      children: [
        Subgraph(name: "subgraph_input", operationNames: ["input"], attributes: ["device": .string("USER")]), dpu,
        Subgraph(name: "subgraph_answer", operationNames: ["answer"], attributes: ["device": .string("CPU")]),
      ])
    graph.attributes = ["origin": .string("tests")]
    return graph
  }

  /// One operation after another without subgraphs, as a quantized file has them.
  static func quantized() -> Graph {
    var graph = Graph(name: "quantized")
    var scale = floats("scale", "const", [2])
    scale.attributes["data"] = .bytes(Bytes([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]))
    graph.operations = [
      floats("input", "data", [1, 2]), scale, floats("product", "mul", [1, 2], from: ["input": ["input", "scale"]]),
      floats("result", "fix", [1, 2], from: ["input": ["product"]]),
    ]
    graph.root = Subgraph(name: "root", operationNames: graph.operations.map(\.name))
    return graph
  }

  /// Every alternative that an attribute value has, with extremes, negative numbers, empty lists and NaN.
  static func everyAttribute() -> Graph {
    var graph = compiled()
    graph.name = "every attribute, näme with ünicode \u{1F600}"
    let values: [AttributeValue] = [
      .bool(false), .int32(.min), .uint32(.max), .int64(-1), .uint64(.max), .float(.nan), .double(-0.0), .string(""),
      .bytes(Bytes([])), .bools([true, false]), .int32s([-1, 0, .max]), .uint32s([300]), .int64s([.min]), .uint64s([]),
      .floats([1.5, .infinity]), .doubles([.leastNonzeroMagnitude]), .strings(["", "b"]), .bytesList([Bytes([7])]),
      .int32Map(["a": -7, "": 0]), .uint32Map(["a": 1]), .int64Map(["a": .min]), .uint64Map(["a": .max]),
      .stringMap(["k": "v", "e": ""]), .bytesMap(["k": Bytes([0, 255])]), .int32sMap(["k": [-1, 2], "e": []]),
      .uint32sMap(["k": [3]]), .int64sMap(["k": [-4]]), .uint64sMap([:]), .stringsMap(["k": ["x", "y"]]),
      .unknown(Bytes([])), .unknown(Bytes([0x98, 0x06, 0x01])),
    ]
    for (index, value) in values.enumerated() { graph.attributes["attribute \(index)"] = value }
    return graph
  }

  /// Fields that the schema does not name, at every place that can have them; 99 is nobody's number.
  static func unknownFields() -> Graph {
    let varint = Bytes([0x98, 0x06, 0x2A])
    let text = Bytes([0x9A, 0x06, 0x02, 0x68, 0x69])
    let group = Bytes([0x9B, 0x06, 0x08, 0x01, 0x9C, 0x06])
    var graph = compiled()
    graph.unknownFields = [varint, text, group]
    graph.operationDefinitions = [Bytes([0x0A, 0x01, 0x61]), Bytes([])]
    graph.operations[4].unknownFields = [text]
    graph.operations[4].arguments[0].unknownFields = [varint]
    graph.operations[4].output.unknownFields = [group]
    graph.operations[4].output.rawDataType = 17
    graph.root?.unknownFields = [Bytes([0x9D, 0x06, 1, 2, 3, 4]), Bytes([0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8])]
    return graph
  }

  /// Operations that need each other in a ring.
  static func ring() -> Graph {
    var graph = quantized()
    graph.operations[2].arguments[0].producers = ["input", "result"]
    return graph
  }

  /// All of them by name: the seeds of the fuzzer.
  static func all() -> [(name: String, graph: Graph)] {
    [
      ("compiled", compiled()), ("quantized", quantized()), ("every-attribute", everyAttribute()),
      ("unknown-fields", unknownFields()), ("ring", ring()),
    ]
  }

  /// One of them.
  static func named(_ name: String) throws -> Graph {
    try #require(all().first { $0.name == name }).graph
  }

  /// An operation that makes an int8 tensor.
  static func operation(
    _ name: String, _ type: String, _ dimensions: [Int], fixPoint: Int32, register: Int32? = nil,
    address: Int32? = nil, from arguments: KeyValuePairs<String, [String]> = [:]
  ) -> XModel.Operation {
    var output = TensorDescription(name: name + "_tensor", shape: Shape(dimensions), dataType: .xint, bitWidth: 8)
    output.attributes["fix_point"] = .int32(fixPoint)
    output.attributes["reg_id"] = register.map { .int32($0) }
    output.attributes["ddr_addr"] = address.map { .int32($0) }
    return XModel.Operation(
      name: name, type: type, arguments: arguments.map { Argument(name: $0.key, producers: $0.value) }, output: output)
  }

  /// An operation that makes a float tensor.
  static func floats(
    _ name: String, _ type: String, _ dimensions: [Int], from arguments: KeyValuePairs<String, [String]> = [:]
  ) -> XModel.Operation {
    XModel.Operation(
      name: name, type: type, arguments: arguments.map { Argument(name: $0.key, producers: $0.value) },
      output: TensorDescription(name: name, shape: Shape(dimensions), dataType: .float, bitWidth: 32))
  }
}

/// The error that a call throws, `nil` if it returns.
func failure(of call: () throws(XModelError) -> Void) -> XModelError? {
  do throws(XModelError) {
    try call()
    return nil
  } catch {
    return error
  }
}
