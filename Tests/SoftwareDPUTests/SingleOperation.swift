import Devices
import Testing
import XModel

/// A graph of one operation: its activations are fed, its weights and bias are inline constants.
struct SingleOperation {
  struct Operand {
    var shape: [Int]
    var fixPoint: Int
    var elements: [Int8]
  }

  var type: String
  var attributes: Attributes
  var arguments: [(name: String, operands: [Operand])]
  var shape: [Int]
  var fixPoint: Int

  /// The graph as a model with one CPU partition.
  func model() throws -> Model {
    var operations: [XModel.Operation] = []
    var fed: [String] = []
    var own: [String] = []
    var references: [Argument] = []
    for argument in arguments {
      var producers: [String] = []
      for (place, operand) in argument.operands.enumerated() {
        let name = "\(argument.name)\(place)"
        producers.append(name)
        if argument.name == "input" { fed.append(name) } else { own.append(name) }
        operations.append(
          XModel.Operation(
            name: name, type: argument.name == "input" ? "data-fix" : "const-fix",
            attributes: argument.name == "input"
              ? [:] : ["data": .bytes(Bytes(operand.elements.map { UInt8(bitPattern: $0) }))],
            output: tensor(name, operand.shape, fixPoint: operand.fixPoint)))
      }
      references.append(Argument(name: argument.name, producers: producers))
    }
    operations.append(
      XModel.Operation(
        name: "tested", type: type, attributes: attributes, arguments: references,
        output: tensor("tested", shape, fixPoint: fixPoint)))
    let root = Subgraph(
      name: "root",
      children: [
        Subgraph(name: "feeds", operationNames: fed, attributes: ["device": .string("USER")]),
        Subgraph(name: "runs", operationNames: own + ["tested"], attributes: ["device": .string("CPU")]),
      ])
    return try Model(graph: Graph(name: "case", operations: operations, root: root), path: "case.xmodel")
  }

  /// Runs the operation on a device and gives its elements.
  func run(on device: any Device, batch: Int = 1) throws -> [Int8] {
    let model = try model()
    let partition = try #require(model.partitions.first { $0.kind == .cpu })
    let program = try device.load(partition, of: model, batch: batch)
    let job = try program.makeJob()
    let inputs = arguments.first { $0.name == "input" }?.operands ?? []
    for (port, operand) in inputs.enumerated() {
      job.withInput(port) { buffer in
        let elements = buffer.bindMemory(to: Int8.self)
        for index in elements.indices { elements[index] = operand.elements[index % operand.elements.count] }
      }
    }
    try job.run()
    return job.withOutput(0) { [Int8]($0.bindMemory(to: Int8.self)) }
  }

  private func tensor(_ name: String, _ shape: [Int], fixPoint: Int) -> TensorDescription {
    TensorDescription(
      name: name, shape: .init(shape), dataType: .xint, bitWidth: 8,
      attributes: ["fix_point": .int32(Int32(fixPoint))])
  }
}
