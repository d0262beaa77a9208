import Devices
import SoftwareDPU
import TestSupport
import Testing
import XModel

/// Operations that contradict themselves or are unknown get an error that names the operation and the field.
@Suite struct RefusalTests {
  private static var convolution: SingleOperation {
    SingleOperation(
      type: "conv2d-fix",
      attributes: [
        "kernel": .int32s([1, 1]), "stride": .int32s([1, 1]), "pad": .int32s([0, 0, 0, 0]),
        "nonlinear": .string("RELU"),
      ],
      arguments: [
        ("input", [.init(shape: [1, 2, 2, 3], fixPoint: 4, elements: [Int8](repeating: 1, count: 12))]),
        ("weights", [.init(shape: [5, 1, 1, 3], fixPoint: 4, elements: [Int8](repeating: 1, count: 15))]),
        ("bias", [.init(shape: [5], fixPoint: 4, elements: [Int8](repeating: 1, count: 5))]),
      ], shape: [1, 2, 2, 5], fixPoint: 4)
  }

  struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let words: [String]
    let apply: @Sendable (inout SingleOperation) -> Void
  }

  static let damages: [Damage] = [
    Damage(testDescription: "unknown type", words: ["tested", "conv9d", "not known"]) { $0.type = "conv9d" },
    Damage(testDescription: "no kernel", words: ["attribute kernel is missing"]) { $0.attributes["kernel"] = nil },
    Damage(testDescription: "kernel of one number", words: ["attribute kernel is [3]"]) {
      $0.attributes["kernel"] = .int32s([3])
    },
    Damage(testDescription: "kernel of text", words: ["attribute kernel"]) { $0.attributes["kernel"] = .string("3x3") },
    Damage(testDescription: "stride of zero", words: ["attribute stride is [0, 1]"]) {
      $0.attributes["stride"] = .int32s([0, 1])
    },
    Damage(testDescription: "huge dilation", words: ["attribute dilation"]) {
      $0.attributes["dilation"] = .int32s([Int32.max, Int32.max])
    },
    Damage(testDescription: "negative pad", words: ["attribute pad is [-1, 0, 0, 0]"]) {
      $0.attributes["pad"] = .int32s([-1, 0, 0, 0])
    },
    Damage(testDescription: "unknown nonlinear", words: ["nonlinear \"MISH\"", "LEAKYRELU"]) {
      $0.attributes["nonlinear"] = .string("MISH")
    },
    Damage(testDescription: "unset hard sigmoid", words: ["hsigmoid_in"]) {
      $0.attributes["nonlinear"] = .string("HSIGMOID")
      $0.attributes["shift_cut"] = .int32(4)
      $0.attributes["shift_bias"] = .int32(2)
    },
    Damage(testDescription: "weights of another shape", words: ["weights have shape 5x3x1x1", "expected 5x1x1x3"]) {
      $0.arguments[1].operands[0].shape = [5, 3, 1, 1]
    },
    Damage(testDescription: "bias of another length", words: ["bias has shape 4", "expected 5 elements"]) {
      $0.arguments[2].operands[0] = .init(shape: [4], fixPoint: 4, elements: [1, 2, 3, 4])
    },
    Damage(testDescription: "input of three axes", words: ["input has shape 2x2x3", "4 axes"]) {
      $0.arguments[0].operands[0].shape = [2, 2, 3]
    },
    Damage(testDescription: "absurd fix point", words: ["output has fix_point 1000"]) { $0.fixPoint = 1000 },
    Damage(testDescription: "no input", words: ["has 0 inputs, expected 1"]) { $0.arguments[0].operands = [] },
  ]

  @Test(
    "a job that memory lacks for is refused so that fewer of them may do",
    .disabled(if: Sanitizer.isInUse, "a sanitizer ends the program where memory lacks"))
  func noMemory() throws {
    // More than an address can reach: 2^49 bytes.
    var operation = Self.convolution
    operation.arguments[0].operands[0].shape = [1, 1 << 15, 1 << 15, 3]
    operation.shape = [1, 1 << 15, 1 << 15, 5]
    let model = try operation.model()
    let partition = try #require(model.partitions.first { $0.kind == .cpu })
    let program = try SoftwareDevice(threadCount: 1).load(partition, of: model, batch: 1 << 16)
    let error = thrownError(DeviceError.self) { try program.makeJob() }
    #expect(error?.code == .outOfMemory)
    #expect(
      error?.message == "no memory for the \(program.jobByteCount) bytes of a job's tensors; keep fewer frames in "
        + "flight (--in-flight), or close other programs")
  }

  @Test("a damaged convolution is refused", arguments: damages)
  func damaged(damage: Damage) throws {
    var operation = Self.convolution
    _ = try operation.run(on: SoftwareDevice(threadCount: 1))
    damage.apply(&operation)
    let error = thrownError(DeviceError.self) { try operation.run(on: SoftwareDevice(threadCount: 1)) }
    let message = try #require(error?.message)
    #expect(message.contains("case.xmodel") && message.contains("\"tested\""))
    for word in damage.words { #expect(message.contains(word), "\(message)") }
  }

  @Test(
    "other operations check their shapes",
    arguments: [
      ("concat-fix", ["axis": .int32(3)] as Attributes, "do not fit|elements along axis|does not fit"),
      ("concat-fix", ["axis": .int32(7)], "axis 7"),
      ("eltwise-fix", ["type": .string("ADD")], "does not repeat"),
      ("eltwise-fix", ["type": .string("DIV")], "type \"DIV\""),
      ("pool-fix", ["type": .string("MEDIAN"), "kernel": .int32s([1, 1])], "MEDIAN|channels differ"),
      ("upsample-fix", ["mode": .string("CUBIC")], "CUBIC"),
      ("downsample-fix", ["mode": .string("NEAREST")], "scale"),
      ("reorg-fix", ["scale": .int32(2)], "does not take"),
      ("tile-fix", ["stride": .int32(2), "reverse": .bool(true)], "does not take"),
      ("pad-fix", ["paddings": .int32s([0, 0])], "do not take"),
      ("reshape-fix", [:], "element counts differ"),
      ("reduction_max-fix", ["axis": .int32s([1])], "do not take"),
      ("hard-sigmoid-fix", ["hsigmoid_in": .int32(2), "shift_hsigmoid": .int32(9)], "element counts differ"),
      ("softmax", [:], "expected float32"),
      ("fix2float", ["fix_point": .int32(3)], "expected float32"),
      ("transpose", ["order": .int32s([0, 1, 2, 2])], "order"),
    ] as [(String, Attributes, String)])
  func shapes(type: String, attributes: Attributes, words: String) throws {
    let operation = SingleOperation(
      type: type, attributes: attributes,
      arguments: [("input", [.init(shape: [1, 3, 3, 2], fixPoint: 4, elements: [Int8](repeating: 1, count: 18))])],
      shape: [1, 5, 5, 7], fixPoint: 4)
    let error = thrownError(DeviceError.self) { try operation.run(on: SoftwareDevice(threadCount: 1)) }
    let message = try #require(error?.message)
    #expect(words.split(separator: "|").contains { message.contains($0) }, "\(message)")
  }
}
