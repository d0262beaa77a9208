import Foundation
import TestSupport
import Testing

import XModel

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedModelTests {
  static let allFiles = ["nerone", "more", "quantized"].flatMap {
    Shared.files(in: "models/\($0)", suffix: ".xmodel")
  }

  @Test(
    "every compiled file links, with a program for each DPU partition and bytes for each constant",
    arguments: Shared.files(in: "models/nerone", suffix: ".xmodel") + Shared.files(in: "models/more", suffix: ".xmodel")
  )
  func compiled(file: URL) throws {
    let model = try Model(path: file.path)
    #expect(model.partitions.first?.kind == .user)
    let dpus = model.partitions.filter { $0.kind == .dpu }
    #expect(!dpus.isEmpty)
    for partition in dpus {
      let program = try #require(partition.program)
      #expect(program.target.hasPrefix("DPUCZDX8G"))
      #expect(program.code.count > 0)
      #expect(!partition.inputs.isEmpty && !partition.outputs.isEmpty)
    }
    var seen: Set<Int> = []
    for index in model.partitions.flatMap(\.operations) {
      #expect(model.producers(of: index).allSatisfy(seen.contains))
      seen.insert(index)
      let operation = model.graph.operations[index]
      let byteCount = operation.output.shape.elementCount * Int(operation.output.bitWidth) / 8
      #expect(model.constant(index)?.count == (operation.isConstant ? byteCount : nil))
    }
    #expect(seen.count == model.graph.operations.count)
    #expect(!model.inputs.isEmpty && !model.outputs.isEmpty)
  }

  @Test(
    "quantized files link as one partition that no device has",
    arguments: Shared.files(in: "models/quantized", suffix: ".xmodel"))
  func quantized(file: URL) throws {
    let model = try Model(path: file.path)
    let partition = try #require(model.partitions.first)
    #expect(model.partitions.count == 1)
    #expect(partition.kind == .unassigned)
    #expect(partition.operations.count == model.graph.operations.count)
    #expect(model.inputs.map { model.graph.operations[$0].type } == ["data"])
  }

  @Test(
    "damaged and foreign files give one clear line each",
    arguments: [
      (
        "tf2_custom_op.DPUCV2DX8G_ISA1_C20B14_vai3.5.0", XModelError.Code.unsupported,
        ["DPUCV2DX8G_ISA1_C20B14", "0x901400044000e44", "DPUCZDX8G"]
      ),
      ("compiled_batch_1.quant", .unsupported, ["subgraph_dummy_data", "U25", "DPUCZDX8G"]),
      ("faceDetection", .malformed, ["OPNode \"data_upload_0\", OpArg", "damaged", "(byte 7375)"]),
    ])
  func bad(name: String, code: XModelError.Code, words: [String]) throws {
    let path = try Shared.url("models/bad/\(name).xmodel").path
    do throws(XModelError) {
      _ = try Model(path: path)
      Issue.record("\(name) was read")
    } catch {
      #expect(error.code == code)
      #expect(error.path == path)
      for word in words { #expect(error.description.contains(word), "\(error)") }
      #expect((error.byteOffset != nil) == (code == .malformed))
    }
  }
}
