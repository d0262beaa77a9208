import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct InspectTests {
  private struct Report: Decodable {
    struct Port: Decodable, Equatable {
      let name: String
      let shape: [Int]
      let element: String
      let fix_point: Int?
    }
    struct Fingerprint: Decodable {
      let value: String
      let isa: Int
      let array: String
    }
    struct Region: Decodable, Equatable {
      let register: String
      let context: String
      let bytes: Int
    }
    struct Program: Decodable {
      let target: String
      let fingerprint: Fingerprint
      let workload: Int
      let regions: [Region]
    }
    struct Subgraph: Decodable {
      let device: String
      let program: Program?
    }
    struct Operation: Decodable {
      let name: String
      let type: String
      let device: String
      let macs: Int
    }
    struct Graph: Decodable {
      struct Library: Decodable { let library: String }
      let compilers: [Library]
    }
    let schema: String
    let graph: Graph
    let inputs: [Port]
    let outputs: [Port]
    let macs: Int
    let constants: Int
    let subgraphs: [Subgraph]
    let operations: [Operation]
  }

  @Test("reports a compiled model as JSON")
  func json() throws {
    let outcome = try BuiltProgram.run(["inspect", "--json", Shared.url("models/nerone/bccd.xmodel").path])
    #expect(outcome.code == 0 && outcome.messages.isEmpty)
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.schema == "dpu.inspect/1")
    #expect(report.inputs == [.init(name: "input_1", shape: [1, 200, 250, 3], element: "int8", fix_point: 6)])
    #expect(report.outputs == [.init(name: "activation_30", shape: [1, 4], element: "float32", fix_point: nil)])
    #expect(report.constants == 882_254)
    #expect(abs(Double(report.macs) / 1e9 - 0.476) < 0.0005)
    #expect(report.graph.compilers.contains { $0.library == "xcompiler.1.4.1" })
    #expect(report.subgraphs.map(\.device) == ["USER", "DPU", "CPU"])
    let program = try #require(report.subgraphs[1].program)
    #expect(program.target == "DPUCZDX8G_ISA0_B4096_MAX_BG2")
    #expect(program.fingerprint.value == "0x1000020f6014407")
    #expect(program.fingerprint.isa == 0 && program.fingerprint.array == "B4096")
    #expect(program.workload == 951_684_864)
    #expect(program.regions.first == .init(register: "REG_0", context: "CONST", bytes: 882_254))
    #expect(report.operations.filter { $0.type == "conv2d-fix" && $0.device == "DPU" }.count == 31)
    #expect(report.operations.reduce(0) { $0 + $1.macs } == report.macs)
  }

  // Not in the attribute: Swift 6.0.3 crashes on a closure there.
  private static let everyModel = ["nerone", "more", "quantized"].flatMap { folder in
    Shared.files(in: "models/\(folder)", suffix: ".xmodel")
  }

  @Test(
    "reports every real file, the quantized ones too, on lines without control characters",
    arguments: everyModel)
  func everyFile(file: URL) throws {
    let text = try BuiltProgram.run(["inspect", file.path])
    #expect(text.code == 0 && text.messages.isEmpty)
    #expect(text.output.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F })
    let json = try BuiltProgram.run(["inspect", "--json", file.path])
    let report = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect((report?["operations"] as? [Any])?.isEmpty == false)
    #expect((report?["macs"] as? Int ?? 0) > 0)
  }

  @Test(
    "refuses damaged and foreign files in one line", arguments: Shared.files(in: "models/bad", suffix: ".xmodel"))
  func bad(file: URL) throws {
    let outcome = try BuiltProgram.run(["inspect", file.path])
    #expect(outcome.code == 3)
    #expect(outcome.output.isEmpty)
    #expect(outcome.messages.hasPrefix("dpu: error: \(file.path): "))
    #expect(outcome.messages.split(separator: "\n").count == 1)
  }
}
