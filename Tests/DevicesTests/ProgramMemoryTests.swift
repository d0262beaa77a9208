import Devices
import SimulatedDPU
import TestSupport
import Testing
import XModel

struct ProgramMemoryTests {
  /// Loads a graph on a simulated device.
  private func load(_ graph: Graph, batch: Int = 1) throws {
    let model = try Model(graph: graph, path: "tiny.xmodel")
    let device = try DPUDevice(SimulatedPort.tiny())
    for partition in model.partitions where partition.kind == .dpu {
      _ = try device.load(partition, of: model, batch: batch)
    }
  }

  private func refusal(_ graph: Graph, batch: Int = 1) -> DeviceError? {
    thrownError(DeviceError.self) { try load(graph, batch: batch) }
  }

  @Test("a file without instructions gets one clear error")
  func noCode() {
    var tiny = TinyModel()
    tiny.hasCode = false
    let error = refusal(tiny.graph())
    #expect(error?.code == .unsupported)
    #expect(
      error?.message
        == "tiny.xmodel: subgraph \"subgraph_conv\" has no instructions (mc_code): the file is made for the software "
        + "device; compile the quantized model with vai_c, or use --device software")
  }

  @Test("a program that does not say for which core is refused", arguments: [nil, 0] as [UInt64?])
  func noFingerprint(value: UInt64?) {
    var tiny = TinyModel()
    tiny.fingerprint = value
    let error = refusal(tiny.graph())
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("dpu_fingerprint") == true)
  }

  @Test("a program for another core is refused with both sides in words")
  func otherCore() {
    var tiny = TinyModel()
    tiny.fingerprint = 0x101_0000_5601_0406
    let error = refusal(tiny.graph())
    #expect(error?.code == .wrongCore)
    let words = [
      "the model needs DPUCZDX8G ISA1 B3136", "argmax", "(0x101000056010406)", "the device has DPUCZDX8G ISA1 B4096",
      "(0x101000016010407)", "bits 0x40000001", "{\"fingerprint\": \"0x101000016010407\"}",
    ]
    for word in words { #expect(error?.message.contains(word) == true, "\(word) in \(error?.message ?? "")") }
  }

  @Test("a host partition is not a program for a DPU")
  func hostPartition() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let device = try DPUDevice(SimulatedPort.tiny())
    let error = thrownError(DeviceError.self) { try device.load(model.partitions[0], of: model, batch: 1) }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("for the host (USER)") == true)
  }

  /// A change of the tiny model that makes its memory contradict itself.
  enum Damage: String, CaseIterable {
    case codeOfHalfWords, noRegister, noAddress, negativeAddress, addressBehindRegion, hugeAddress, missingRegion
    case inputInConstants, sparse, floats, constantsWithoutContents, contentsInInterface, emptyRegion
  }

  @Test("tensors and regions that do not fit are refused, and named", arguments: Damage.allCases)
  func damage(_ damage: Damage) {
    var graph = TinyModel().graph()
    let up = 1
    var expected: (code: DeviceError.Code, words: String)
    switch damage {
    case .codeOfHalfWords:
      graph.root?.children[1].attributes["mc_code"] = .bytes(Bytes([1, 2, 3, 4, 5]))
      expected = (.invalidModel, "mc_code has 5 bytes")
    case .noRegister:
      graph.operations[up].output.attributes["reg_id"] = nil
      expected = (.invalidModel, "tensor \"up_tensor\" of \"up\" does not say where it lies")
    case .noAddress:
      graph.operations[up].output.attributes["ddr_addr"] = nil
      expected = (.invalidModel, "tensor \"up_tensor\" of \"up\" does not say where it lies")
    case .negativeAddress:
      graph.operations[up].output.attributes["ddr_addr"] = .int32(-1)
      expected = (.invalidModel, "lies at -1 and has 72 bytes, but REG_2 has 360")
    case .addressBehindRegion:
      graph.operations[4].output.attributes["ddr_addr"] = .int32(12)
      expected = (.invalidModel, "tensor \"conv_tensor\" of \"down\" lies at 12 and has 120 bytes, but REG_3 has 131")
    case .hugeAddress:
      graph.operations[up].output.attributes["ddr_addr"] = .int64(.max)
      expected = (.invalidModel, "lies at 9223372036854775807")
    case .missingRegion:
      graph.operations[up].output.attributes["reg_id"] = .int32(5)
      expected = (.invalidModel, "lies in REG_5, which the program does not have")
    case .inputInConstants:
      graph.operations[up].output.attributes["reg_id"] = .int32(0)
      expected = (.invalidModel, "lies in REG_0, which the program does not have as a working region")
    case .sparse:
      graph.operations[up].output.attributes["stride"] = .int32s([96, 24, 4, 1])
      expected = (.unsupported, "is not dense: strides [96, 24, 4, 1], expected [72, 18, 3, 1]")
    case .floats:
      for operation in [0, up] {
        graph.operations[operation].output.rawDataType = TensorDescription.DataType.float.rawValue
        graph.operations[operation].output.bitWidth = 32
      }
      expected = (.unsupported, "has elements of 32 bits")
    case .constantsWithoutContents:
      graph.root?.children[1].attributes["reg_id_to_size"] = .int32Map([
        "REG_0": 21, "REG_2": 360, "REG_3": 131, "REG_4": 9,
      ])
      graph.root?.children[1].attributes["reg_id_to_context_type_v2"] = .stringMap([
        "REG_0": "CONST", "REG_2": "INTERFACE", "REG_3": "INTERFACE", "REG_4": "CONST",
      ])
      expected = (.invalidModel, "REG_4 holds constants, but reg_id_to_parameter_value has none for it")
    case .contentsInInterface:
      graph.root?.children[1].attributes["reg_id_to_context_type_v2"] = .stringMap([
        "REG_0": "WORKSPACE", "REG_2": "INTERFACE", "REG_3": "INTERFACE",
      ])
      expected = (.invalidModel, "REG_0 is of kind \"WORKSPACE\" but has contents")
    case .emptyRegion:
      graph.root?.children[1].attributes["reg_id_to_size"] = .int32Map(["REG_0": 21, "REG_2": 0, "REG_3": 131])
      expected = (.invalidModel, "lies in REG_2, which the program does not have")
    }
    let error = refusal(graph)
    #expect(error?.code == expected.code)
    #expect(error?.message.contains(expected.words) == true, "\(error?.message ?? "nothing was thrown")")
    #expect(error?.message.hasPrefix("tiny.xmodel: subgraph \"subgraph_conv\"") == true)
  }
}
