import Devices
import Foundation
import SoftwareDPU
import TestSupport
import Testing
import XModel

/// One operation with given inputs and the bytes that AMD's reference makes of them.
struct OperationCase: Decodable {
  struct Operand: Decodable {
    let shape: [Int]
    let fixPoint: Int
    let data: Data

    enum CodingKeys: String, CodingKey {
      case shape, data
      case fixPoint = "fix_point"
    }
  }

  let name: String
  let type: String
  let attributes: [String: AttributeNumber]
  let outputFixPoint: Int
  let arguments: [(name: String, operands: [Operand])]
  let shape: [Int]
  let expected: Data

  enum CodingKeys: String, CodingKey {
    case name, type, shape
    case attributes = "attrs"
    case outputFixPoint = "out_fix_point"
    case arguments = "args"
    case expected = "expect"
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    name = try fields.decode(String.self, forKey: .name)
    type = try fields.decode(String.self, forKey: .type)
    attributes = try fields.decode([String: AttributeNumber].self, forKey: .attributes)
    outputFixPoint = try fields.decode(Int.self, forKey: .outputFixPoint)
    shape = try fields.decode([Int].self, forKey: .shape)
    expected = try fields.decode(Data.self, forKey: .expected)
    var list = try fields.nestedUnkeyedContainer(forKey: .arguments)
    var arguments: [(String, [Operand])] = []
    while !list.isAtEnd {
      var pair = try list.nestedUnkeyedContainer()
      arguments.append((try pair.decode(String.self), try pair.decode([Operand].self)))
    }
    self.arguments = arguments
  }

  /// The case as a model of one CPU partition: activations fed, weights and bias as inline constants.
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
        let isFed = argument.name == "input"
        isFed ? fed.append(name) : own.append(name)
        operations.append(
          XModel.Operation(
            name: name, type: isFed ? "data-fix" : "const-fix",
            attributes: isFed ? [:] : ["data": .bytes(Bytes([UInt8](operand.data)))],
            output: OperationCase.tensor(name, operand.shape, fixPoint: operand.fixPoint)))
      }
      references.append(Argument(name: argument.name, producers: producers))
    }
    var values: Attributes = [:]
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { values[name] = value.attribute }
    operations.append(
      XModel.Operation(
        name: "tested", type: type, attributes: values, arguments: references,
        output: OperationCase.tensor("tested", shape, fixPoint: outputFixPoint)))
    let root = Subgraph(
      name: "root",
      children: [
        Subgraph(name: "feeds", operationNames: fed, attributes: ["device": .string("USER")]),
        Subgraph(name: "runs", operationNames: own + ["tested"], attributes: ["device": .string("CPU")]),
      ])
    return try Model(graph: Graph(name: name, operations: operations, root: root), path: name)
  }

  private static func tensor(_ name: String, _ shape: [Int], fixPoint: Int) -> TensorDescription {
    TensorDescription(
      name: name, shape: .init(shape), dataType: .xint, bitWidth: 8,
      attributes: ["fix_point": .int32(Int32(fixPoint))])
  }

  /// Runs the case on a device and gives the result's bytes.
  func run(on device: any Device, batch: Int = 1) throws -> [UInt8] {
    let model = try model()
    let partition = try #require(model.partitions.first { $0.kind == .cpu })
    let program = try device.load(partition, of: model, batch: batch)
    let job = try program.makeJob()
    let inputs = arguments.first { $0.name == "input" }?.operands ?? []
    // An operand given twice is one tensor; inputs of the partition keep the order of first use.
    for (port, operand) in zip(program.inputs.indices, inputs) {
      job.withInput(port) { buffer in
        for frame in 0..<batch {
          UnsafeMutableRawBufferPointer(rebasing: buffer[(frame * operand.data.count)...]).copyBytes(from: operand.data)
        }
      }
    }
    try job.run()
    return job.withOutput(0) { [UInt8]($0) }
  }
}

/// An attribute of a case: a number, a flag, a word or a list of numbers.
enum AttributeNumber: Decodable {
  case flag(Bool), integer(Int32), word(String), integers([Int32]), numbers([Float])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let flag = try? value.decode(Bool.self) {
      self = .flag(flag)
    } else if let integer = try? value.decode(Int32.self) {
      self = .integer(integer)
    } else if let list = try? value.decode([Int32].self) {
      self = .integers(list)
    } else if let list = try? value.decode([Float].self) {
      self = .numbers(list)
    } else {
      self = .word(try value.decode(String.self))
    }
  }

  var attribute: AttributeValue {
    switch self {
    case .flag(let value): .bool(value)
    case .integer(let value): .int32(value)
    case .word(let value): .string(value)
    case .integers(let list): .int32s(list)
    case .numbers(let list): .floats(list)
    }
  }
}

@Suite(.enabled(if: Shared.isPresent, "\(Shared.absence)"))
struct OperationCaseTests {
  struct File: Decodable { let cases: [OperationCase] }

  @Test("single operations give the reference's bytes", arguments: InstructionSet.available)
  func cases(instructionSet: InstructionSet) throws {
    let data = try Data(contentsOf: Shared.url("models/golden/opcases.json"))
    let cases = try JSONDecoder().decode(File.self, from: data).cases
    #expect(cases.count == 648)
    let device = SoftwareDevice(threadCount: 1, instructionSet: instructionSet)
    for one in cases {
      let result = try one.run(on: device)
      #expect(result == [UInt8](one.expected), "\(one.name): \(one.type)")
    }
  }

  @Test("a batch gives each frame what it gets alone")
  func batches() throws {
    let data = try Data(contentsOf: Shared.url("models/golden/opcases.json"))
    let cases = try JSONDecoder().decode(File.self, from: data).cases
    let device = SoftwareDevice(threadCount: 2)
    for one in cases where one.shape.first == 1 {
      let expected = [UInt8](one.expected)
      #expect(try one.run(on: device, batch: 3) == expected + expected + expected, "\(one.name): \(one.type)")
    }
  }
}
