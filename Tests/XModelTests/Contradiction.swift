import Tensors
import Testing
import XModel

/// What can be wrong with a well-formed graph, and what must be said of it.
struct Contradiction: CustomTestStringConvertible {
  let testDescription: String
  let code: XModelError.Code
  let words: [String]
  let make: @Sendable (inout Graph) -> Void

  init(
    _ name: String, _ code: XModelError.Code = .invalid, says words: String...,
    make: @escaping @Sendable (inout Graph) -> Void
  ) {
    testDescription = name
    self.code = code
    self.words = words
    self.make = make
  }

  static let table = operations + subgraphs + programs + constants

  static let operations = [
    Contradiction("no operations", says: "no operations") { $0.operations = [] },
    Contradiction("two operations of one name", says: "two operations are named \"conv\"") {
      $0.operations.append($0.operations[4])
    },
    Contradiction("an argument twice", says: "\"conv\" has two arguments named \"input\"") {
      $0.operations[4].arguments.append(Argument(name: "input", producers: ["bias"]))
    },
    Contradiction("unknown producer", says: "\"conv\", argument \"bias\": no operation is named \"ghost\"") {
      $0.operations[4].arguments[2].producers = ["ghost"]
    },
    Contradiction("an operation that feeds itself", says: "in a ring: \"conv\" needs \"conv\"") {
      $0.operations[4].arguments[0].producers = ["conv"]
    },
    Contradiction(
      "a ring, and an operation before it", says: "in a ring: \"conv\" needs \"down\" needs \"conv\""
    ) {
      $0.operations[4].arguments[0].producers = ["down"]
      $0.operations.insert(SampleGraphs.floats("first", "relu", [1], from: ["input": ["conv"]]), at: 0)
    },
    Contradiction("a long ring", says: "\"op0\" needs \"op1\"", "\"op7\" needs 92 more needs \"op0\"") {
      $0.operations = (0..<100).map { index in
        SampleGraphs.floats("op\(index)", "relu", [1], from: ["input": ["op\((index + 1) % 100)"]])
      }
    },
    Contradiction("an empty tensor", says: "\"conv\": its tensor's shape 1x0x2x3 is empty") {
      $0.operations[4].output.shape = Shape([1, 0, 2, 3])
    },
  ]

  static let subgraphs = [
    Contradiction("no root", says: "no subgraphs", "cut short") { $0.root = nil },
    Contradiction("a root without children", says: "\"up\" (upload) is compiled, but no subgraph") {
      $0.root?.children = []
    },
    Contradiction("a root that lists an unknown name", says: "\"root\" lists \"ghost\"") {
      $0.root?.operationNames = ["ghost"]
    },
    Contradiction("a subgraph that lists an unknown name", says: "\"layer\" lists \"ghost\"") {
      $0.root?.children[1].children[1].operationNames.append("ghost")
    },
    Contradiction("an operation in no subgraph", says: "\"bias\" is in no subgraph") {
      $0.root?.children[1].children[1].operationNames = ["weights", "conv"]
    },
    Contradiction(
      "an operation in two subgraphs", says: "\"conv\" is in two subgraphs, \"subgraph_conv\" and \"subgraph_answer\""
    ) { $0.root?.children[2].operationNames.append("conv") },
    Contradiction("no device", .unsupported, says: "\"subgraph_answer\" names no device (", "\"U25\"", "DPUCZDX8G") {
      $0.root?.attributes["target"] = .string("U25")
      $0.root?.children[2].attributes["device"] = nil
    },
    Contradiction("a foreign device", .unsupported, says: "\"subgraph_answer\" is for device \"GPU\"") {
      $0.root?.children[2].attributes["device"] = .string("GPU")
    },
    Contradiction("an empty device", .unsupported, says: "\"subgraph_answer\" is for device \"\"") {
      $0.root?.children[2].attributes["device"] = .string("")
    },
    Contradiction("subgraphs in a ring", says: "subgraphs need each other in a ring: ", "\"subgraph_conv\"") {
      $0.operations.append(
        SampleGraphs.operation(
          "up2", "upload", [1, 2, 2, 1], fixPoint: 0, register: 2, address: 4, from: ["input": ["loop"]]))
      $0.operations.append(
        SampleGraphs.operation("loop", "fix", [1, 2, 2, 1], fixPoint: 0, from: ["input": ["down"]]))
      $0.root?.children[1].children[0].operationNames.append("up2")
      $0.root?.children[2].operationNames.append("loop")
    },
    Contradiction("an input that is computed", says: "\"late\" of USER subgraph", "has arguments") {
      $0.operations.append(SampleGraphs.floats("late", "data", [12], from: ["input": ["answer"]]))
      $0.root?.children[0].operationNames.append("late")
    },
    Contradiction(
      "a tensor that enters a DPU subgraph without upload",
      says: "\"conv\" of DPU subgraph \"subgraph_conv\" reads \"input\" of subgraph \"subgraph_input\"", "upload"
    ) { $0.operations[4].arguments[0].producers = ["input"] },
    Contradiction("an upload from within", says: "\"up\" of DPU subgraph", "reads \"bias2\"", "another subgraph") {
      $0.operations.append(SampleGraphs.operation("bias2", "relu", [1, 2, 2, 1], fixPoint: 0))
      $0.root?.children[1].children[1].operationNames.append("bias2")
      $0.operations[1].arguments[0].producers = ["bias2"]
    },
    Contradiction(
      "a tensor that leaves a DPU subgraph without download", says: "\"answer\"", "reads \"conv\" inside", "download"
    ) { $0.operations[6].arguments[0].producers = ["conv"] },
    Contradiction("an upload of two tensors", says: "upload \"up\" has 2 inputs, expected 1") {
      $0.operations[1].arguments[0].producers = ["input", "input"]
    },
    Contradiction("a download of nothing", says: "download \"down\" has 0 inputs") {
      $0.operations[5].arguments = []
    },
    Contradiction("an upload that changes the shape", says: "\"up\" makes 1x2x2x2", "from 1x2x2x1") {
      $0.operations[1].output.shape = Shape([1, 2, 2, 2])
    },
  ]

  static let programs = [
    Contradiction(
      "another family's fingerprint", .unsupported,
      says: "\"DPUCZDX8G_ISA1_B4096\" (fingerprint 0x901400044000e44), another family", "Zynq UltraScale+"
    ) { $0.root?.children[1].attributes["dpu_fingerprint"] = .uint64(0x901_4000_4400_0E44) },
    Contradiction("a later instruction set", .unsupported, says: "0x102000016010407") {
      $0.root?.children[1].attributes["dpu_fingerprint"] = .uint64(0x102_0000_1601_0407)
    },
    Contradiction("another family's name", .unsupported, says: "\"DPUCAHX8H_ISA2\", another family") {
      $0.root?.children[1].attributes["dpu_name"] = .string("DPUCAHX8H_ISA2")
      $0.root?.children[1].attributes["dpu_fingerprint"] = nil
    },
    Contradiction("a fingerprint of the wrong type", says: "attribute dpu_fingerprint is not of type uint64") {
      $0.root?.children[1].attributes["dpu_fingerprint"] = .string("0x1")
    },
    Contradiction("code of the wrong type", says: "attribute mc_code is not of type Bytes") {
      $0.root?.children[1].attributes["mc_code"] = .string("")
    },
    Contradiction("a register that does not exist", says: "found register \"REG_8\"") {
      $0.root?.children[1].attributes["reg_id_to_size"] = .int32Map(["REG_8": 6])
    },
    Contradiction("contents larger than their region", says: "REG_0 has 6 bytes of parameters", "gives it 5") {
      $0.root?.children[1].attributes["reg_id_to_size"] = .int32Map(["REG_0": 5])
    },
    Contradiction("a region of negative size", says: "REG_2", "-4") {
      $0.root?.children[1].attributes["reg_id_to_size"] = .int32Map(["REG_0": 6, "REG_2": -4])
    },
  ]

  static let constants = [
    Contradiction("a constant behind its region", says: "\"weights\" (3x1x1x1): its 3 bytes at ddr_addr 4 leave REG_0")
    {
      $0.operations[2].output.attributes["ddr_addr"] = .int32(4)
    },
    Contradiction("a constant before its region", says: "at ddr_addr -1 leave REG_0, which holds 6 bytes") {
      $0.operations[2].output.attributes["ddr_addr"] = .int32(-1)
    },
    Contradiction("a constant at an absurd address", says: "at ddr_addr 9223372036854775807 leave") {
      $0.operations[2].output.attributes["ddr_addr"] = .int64(.max)
    },
    Contradiction("a constant of absurd size", says: "its 2147483647 bytes at ddr_addr 3 leave REG_0") {
      $0.operations[2].output.shape = Shape([2_147_483_647])
    },
    Contradiction("a constant in a region without contents", says: "should lie in REG_3") {
      $0.operations[2].output.attributes["reg_id"] = .int32(3)
    },
    Contradiction("a constant without address", says: "its bytes are missing") {
      $0.operations[2].output.attributes["ddr_addr"] = nil
    },
    Contradiction("inline bytes of the wrong size", says: "\"bias\" (3): attribute data has 2 bytes, expected 3") {
      $0.operations[3].attributes["data"] = .bytes(Bytes([1, 2]))
    },
    Contradiction("inline data of the wrong type", says: "attribute data is not of type Bytes") {
      $0.operations[3].attributes["data"] = .floats([1, 2, 3])
    },
    Contradiction("a constant of odd width", says: "an element has 5 bits") {
      $0.operations[3].output.bitWidth = 5
    },
  ]
}
