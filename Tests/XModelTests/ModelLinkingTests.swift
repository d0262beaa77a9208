import Tensors
import Testing
import XModel

@Suite struct ModelLinkingTests {
  @Test("links a compiled graph: partitions, their borders, program and constants")
  func compiled() throws {
    let model = try Model(graph: SampleGraphs.compiled(), path: "sample")
    #expect(model.partitions.map(\.kind) == [.user, .dpu, .cpu])
    #expect(model.partitions.map(\.name) == ["subgraph_input", "subgraph_conv", "subgraph_answer"])
    #expect(names(model, model.inputs) == ["input"])
    #expect(names(model, model.outputs) == ["answer"])
    let dpu = model.partitions[1]
    #expect(names(model, dpu.operations) == ["up", "weights", "bias", "conv", "down"])
    #expect(names(model, dpu.inputs) == ["up"])
    #expect(names(model, dpu.outputs) == ["down"])
    #expect(names(model, model.partitions[2].inputs) == ["down"])
    #expect(names(model, model.partitions[2].outputs) == ["answer"])
    let conv = try #require(model.index(of: "conv"))
    #expect(names(model, model.producers(of: conv)) == ["up", "weights", "bias"])
    #expect(names(model, model.producers(of: conv, argument: "bias")) == ["bias"])
    #expect(model.producers(of: conv, argument: "none").isEmpty)
    #expect(model.index(of: "none") == nil)
    #expect(model.constant(try #require(model.index(of: "weights"))) == Bytes([250, 5, 6]))
    #expect(model.constant(try #require(model.index(of: "bias"))) == Bytes([1, 2, 3]))
    #expect(model.constant(conv) == nil)
    let program = try #require(dpu.program)
    #expect(program.target == "DPUCZDX8G_ISA1_B4096")
    #expect(program.fingerprint == 0x101_0000_1601_0407)
    #expect(program.code == Bytes([0, 0, 0x20, 0x72]))
    #expect(program.workload == 24)
    #expect(program.regions.keys.sorted() == [0, 2, 3])
    #expect(program.regions[0]?.context == "CONST")
    #expect(program.regions[0]?.contents == Bytes([1, 2, 3, 250, 5, 6]))
    #expect(program.regions[3]?.byteCount == 12)
    #expect(program.regions[3]?.contents == nil)
  }

  @Test("links a graph that is not compiled as one partition of all operations")
  func quantized() throws {
    let model = try Model(graph: SampleGraphs.quantized(), path: "sample")
    #expect(model.partitions.map(\.kind) == [.unassigned])
    #expect(names(model, model.partitions[0].operations) == ["input", "scale", "product", "result"])
    #expect(names(model, model.inputs) == ["input"])
    #expect(names(model, model.outputs) == ["result"])
    #expect(model.constant(1) == Bytes([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]))
  }

  @Test("does not trust the order of the file, neither of operations nor of subgraphs")
  func order() throws {
    var graph = SampleGraphs.compiled()
    graph.operations.reverse()
    graph.root?.children.reverse()
    let model = try Model(graph: graph, path: "sample")
    #expect(model.partitions.map(\.kind) == [.user, .dpu, .cpu])
    #expect(model.partitions.map(\.index) == [2, 1, 0])
    let order = names(model, model.partitions.flatMap(\.operations))
    #expect(order.last == "answer")
    for (before, after) in [("input", "up"), ("up", "conv"), ("bias", "conv"), ("conv", "down")] {
      #expect(try #require(order.firstIndex(of: before)) < #require(order.firstIndex(of: after)))
    }
  }

  @Test("numbers inputs and outputs of a DPU partition by register and address, not by the order of the file")
  func borderOrder() throws {
    var graph = SampleGraphs.compiled()
    graph.operations += [
      SampleGraphs.operation("input2", "data-fix", [1, 1, 1, 2], fixPoint: 0),
      SampleGraphs.operation(
        "up2", "upload", [1, 1, 1, 2], fixPoint: 0, register: 1, address: 64, from: ["input": ["input2"]]),
      SampleGraphs.operation(
        "copy", "reshape-fix", [1, 2], fixPoint: 0, register: 2, address: 8, from: ["input": ["up2"]]),
      SampleGraphs.operation("down2", "download", [1, 2], fixPoint: 0, from: ["input": ["copy"]]),
    ]
    graph.root?.children[0].operationNames.append("input2")
    graph.root?.children[1].children[0].operationNames += ["up2", "copy", "down2"]
    let model = try Model(graph: graph, path: "sample")
    #expect(names(model, model.inputs) == ["input", "input2"])
    #expect(names(model, model.partitions[1].inputs) == ["up2", "up"])
    #expect(names(model, model.partitions[1].outputs) == ["down2", "down"])
  }

  @Test("takes the older attribute of contexts where the newer is absent, and no fingerprint where there is none")
  func olderFiles() throws {
    var graph = SampleGraphs.compiled()
    graph.root?.children[1].attributes["reg_id_to_context_type_v2"] = nil
    graph.root?.children[1].attributes["reg_id_to_context_type"] = .stringMap(["REG_0": "CONST", "REG_2": "DATA"])
    graph.root?.children[1].attributes["dpu_fingerprint"] = nil
    graph.root?.children[1].attributes["dpu_name"] = .string("software")
    graph.root?.children[1].attributes["mc_code"] = nil
    graph.root?.children[1].attributes["workload"] = nil
    let program = try #require(Model(graph: graph, path: "sample").partitions[1].program)
    #expect(program.regions[2]?.context == "DATA")
    #expect(program.fingerprint == nil)
    #expect(program.target == "software")
    #expect(program.code.count == 0)
    #expect(program.workload == nil)
  }

  @Test("takes a constant's inline bytes before those of its region")
  func inlineConstants() throws {
    var graph = SampleGraphs.compiled()
    graph.operations[3].attributes["data"] = .bytes(Bytes([7, 8, 9]))
    #expect(try Model(graph: graph, path: "sample").constant(3) == Bytes([7, 8, 9]))
    graph.operations[3].attributes["data"] = .bytes(Bytes([]))
    #expect(try Model(graph: graph, path: "sample").constant(3) == Bytes([1, 2, 3]))
  }

  @Test("long chains and wide fans link in linear time")
  func scale() throws {
    var graph = Graph(name: "chain", root: Subgraph(name: "root"))
    graph.operations = (0..<100_000).map { index in
      SampleGraphs.floats("op\(index)", "relu", [1], from: index == 99_999 ? [:] : ["input": ["op\(index + 1)"]])
    }
    graph.operations[0].arguments.append(Argument(name: "fan", producers: (1..<100_000).map { "op\($0)" }))
    let model = try Model(graph: graph, path: "chain")
    #expect(model.partitions[0].operations == (0..<100_000).reversed())
  }

  @Test("a graph that contradicts itself is refused by name", arguments: Contradiction.table)
  func contradictions(contradiction: Contradiction) throws {
    var graph = SampleGraphs.compiled()
    contradiction.make(&graph)
    let error = try #require(failure { () throws(XModelError) in _ = try Model(graph: graph, path: "sample") })
    #expect(error.code == contradiction.code, "\(error)")
    #expect(error.path == "sample")
    for words in contradiction.words { #expect(error.message.contains(words), "\(error)") }
  }

  private func names(_ model: Model, _ operations: [Int]) -> [String] {
    operations.map { model.graph.operations[$0].name }
  }
}
