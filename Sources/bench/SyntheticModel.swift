import Devices
import Tensors
import XModel

/// A compiled model of one subgraph that no core could run: for devices that only look at its tensors.
enum SyntheticModel {
  /// A B4096 of ISA1.
  static let fingerprint = Fingerprint(0x101_0000_1601_0407)

  /// The model.
  static func make(input: Shape, output: Shape) throws -> Model {
    func operation(_ name: String, _ type: String, _ shape: Shape, register: Int, from: String? = nil) -> Operation {
      var tensor = TensorDescription(name: name + "_tensor", shape: shape, dataType: .xint, bitWidth: 8)
      tensor.attributes = ["fix_point": .int32(6), "reg_id": .int32(Int32(register)), "ddr_addr": .int32(0)]
      return Operation(
        name: name, type: type, attributes: [:],
        arguments: from.map { [Argument(name: "input", producers: [$0])] } ?? [], output: tensor)
    }
    var graph = Graph(name: "synthetic")
    graph.operations = [
      operation("input", "data-fix", input, register: 2),
      operation("up", "upload", input, register: 2, from: "input"),
      operation("work", "reshape-fix", output, register: 3, from: "up"),
      operation("down", "download", output, register: 3, from: "work"),
    ]
    var dpu = Subgraph(name: "subgraph_work", operationNames: ["up", "work", "down"])
    dpu.attributes = [
      "device": .string("DPU"), "dpu_fingerprint": .uint64(fingerprint.rawValue),
      "mc_code": .bytes(Bytes([0, 0, 0, 0])),
      "reg_id_to_size": .int32Map(
        ["REG_2": Int32(input.elementCount), "REG_3": Int32(output.elementCount)]),
      "reg_id_to_context_type_v2": .stringMap(["REG_2": "INTERFACE", "REG_3": "INTERFACE"]),
    ]
    graph.root = Subgraph(
      name: "root",
      children: [
        Subgraph(name: "subgraph_input", operationNames: ["input"], attributes: ["device": .string("USER")]), dpu,
      ])
    return try Model(graph: graph, path: "synthetic.xmodel")
  }
}

/// A device whose jobs do nothing at all.
final class EmptyDevice: Device {
  let description = DeviceDescription(kind: "empty", detail: "jobs that do nothing")

  func load(_ partition: Partition, of model: Model, batch: Int) throws(DeviceError) -> any Program {
    func port(_ operation: Int) -> TensorPort {
      let output = model.graph.operations[operation].output
      return TensorPort(name: output.name, shape: output.shape, elementType: .int8, fixPoint: output.fixPoint)
    }
    return EmptyProgram(inputs: partition.inputs.map(port), outputs: partition.outputs.map(port))
  }
}

private struct EmptyProgram: Program {
  let inputs: [TensorPort]
  let outputs: [TensorPort]
  var jobByteCount: Int { 0 }

  func makeJob() throws(DeviceError) -> any Job { EmptyJob() }
}

private final class EmptyJob: Job {
  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeMutableRawBufferPointer(start: nil, count: 0))
  }

  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  func run() throws(DeviceError) {}

  func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] { [] }
}
