import Devices
import Tensors
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
  func run(on device: any Device) throws -> [Int8] { try run([self], on: device) }

  /// Runs the operation on a device with the inputs of several cases that are else alike, as one batch.
  func run(_ frames: [SingleOperation], on device: any Device) throws -> [Int8] {
    let model = try model()
    let partition = try #require(model.partitions.first { $0.kind == .cpu })
    let program = try device.load(partition, of: model, batch: frames.count)
    let job = try program.makeJob()
    for port in program.inputs.indices {
      job.withInput(port) { buffer in
        let elements = frames.flatMap { $0.inputs[port].elements }
        #expect(buffer.count == elements.count)
        buffer.copyBytes(from: elements.map { UInt8(bitPattern: $0) })
      }
    }
    try job.run()
    return job.withOutput(0) { [Int8]($0.bindMemory(to: Int8.self)) }
  }

  /// What is fed.
  var inputs: [Operand] { arguments.first { $0.name == "input" }?.operands ?? [] }

  /// The same operation fed with other numbers.
  func withOtherInputs(_ random: inout SeededGenerator) -> SingleOperation {
    var other = self
    for argument in other.arguments.indices where other.arguments[argument].name == "input" {
      for operand in other.arguments[argument].operands.indices {
        let count = other.arguments[argument].operands[operand].elements.count
        other.arguments[argument].operands[operand].elements = random.int8s(count)
      }
    }
    return other
  }

  private func tensor(_ name: String, _ shape: [Int], fixPoint: Int) -> TensorDescription {
    TensorDescription(
      name: name, shape: .init(shape), dataType: .xint, bitWidth: 8,
      attributes: ["fix_point": .int32(Int32(fixPoint))])
  }
}
