import Devices
import Foundation
import SoftwareDPU
import TestSupport
import Tensors
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

  /// The case as a graph of one operation.
  var operation: SingleOperation {
    var values: Attributes = [:]
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { values[name] = value.attribute }
    return SingleOperation(
      type: type, attributes: values,
      arguments: arguments.map { argument in
        (
          argument.name,
          argument.operands.map { operand in
            SingleOperation.Operand(
              shape: operand.shape, fixPoint: operand.fixPoint, elements: operand.data.map { Int8(bitPattern: $0) })
          }
        )
      }, shape: shape, fixPoint: outputFixPoint)
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

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct OperationCaseTests {
  struct File: Decodable { let cases: [OperationCase] }

  @Test("single operations give the reference's bytes", arguments: InstructionSet.available)
  func cases(instructionSet: InstructionSet) throws {
    let data = try Data(contentsOf: Shared.url("models/golden/opcases.json"))
    let cases = try JSONDecoder().decode(File.self, from: data).cases
    #expect(cases.count == 648)
    let device = SoftwareDevice(threadCount: 1, instructionSet: instructionSet)
    for one in cases {
      let result = try one.operation.run(on: device)
      #expect(result == one.expected.map { Int8(bitPattern: $0) }, "\(one.name): \(one.type)")
    }
  }

  @Test("a batch gives each frame what it gets alone")
  func batches() throws {
    let data = try Data(contentsOf: Shared.url("models/golden/opcases.json"))
    let cases = try JSONDecoder().decode(File.self, from: data).cases
    let device = SoftwareDevice(threadCount: 2)
    var random = SeededGenerator(seed: 11)
    for one in cases where one.shape.first == 1 {
      let frames = [one.operation, one.operation.withOtherInputs(&random), one.operation.withOtherInputs(&random)]
      let alone = try frames.flatMap { try $0.run(on: device) }
      #expect(try one.operation.run(frames, on: device) == alone, "\(one.name): \(one.type)")
    }
  }
}
