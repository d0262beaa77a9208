import Devices
import SimulatedDPU
import Tensors
import TestSupport
import Testing
import XModel

/// Watching inner tensors on a model of a few bytes: every superlayer copies 16 bytes and adds nothing.
@Suite struct ObservationTests {
  private static let fingerprint: UInt64 = 0x101_0000_1601_0407
  private static let size = 16

  /// Bytes from one place to another, shifted by some places so that each tensor is another one.
  private static func copy(from: (Int, Int), to target: (Int, Int)) -> String {
    """
    LOAD dpdon=load dpdby=load+save channel=15 reg_id=\(from.0) ddr_addr=\(from.1 + 1)
    SAVE dpdon=save+load dpdby=save channel=16 reg_id=\(target.0) ddr_addr=\(target.1)
    END dpdon=save dpdby=save
    """
  }

  private static func code(_ text: String) throws -> AttributeValue {
    .bytes(Bytes(try MachineCode(assembling: text, isa: .isa1).encoded))
  }

  private static func operation(
    _ name: String, _ type: String, from producer: String?, place: (Int, Int)?, location: Int32? = 1
  ) -> XModel.Operation {
    var tensor = TensorDescription(name: name + "_tensor", shape: Shape([1, 1, 1, size]), dataType: .xint, bitWidth: 8)
    tensor.attributes["fix_point"] = .int32(0)
    tensor.attributes["location"] = location.map { .int32($0) }
    tensor.attributes["reg_id"] = place.map { .int32(Int32($0.0)) }
    tensor.attributes["ddr_addr"] = place.map { .int32(Int32($0.1)) }
    return XModel.Operation(
      name: name, type: type, arguments: producer.map { [Argument(name: "input", producers: [$0])] } ?? [],
      output: tensor)
  }

  /// `a` and `c` share a place, which is the input's too; `b` stays on chip, `d` has no place, `e` no code, `f` is in
  /// place behind `a`; `g` is the output.
  private static func graph() throws -> Graph {
    var graph = Graph(name: "observed")
    graph.operations = [
      operation("data", "data-fix", from: nil, place: nil), operation("up", "upload", from: "data", place: (1, 0)),
      operation("a", "copy-fix", from: "up", place: (1, 0)),
      operation("b", "copy-fix", from: "a", place: (1, 0), location: 0),
      operation("c", "copy-fix", from: "b", place: (1, 0)), operation("d", "copy-fix", from: "c", place: (1, 64)),
      operation("e", "copy-fix", from: "d", place: (1, 32)), operation("f", "copy-fix", from: "e", place: (1, 8)),
      operation("g", "copy-fix", from: "f", place: (3, 0)), operation("down", "download", from: "g", place: nil),
    ]
    func superlayer(_ names: [String], _ attributes: Attributes = [:]) -> Subgraph {
      Subgraph(name: "superlayer \(names[0])", operationNames: names, attributes: attributes)
    }
    var dpu = Subgraph(name: "subgraph_g")
    dpu.children = [
      superlayer(["g", "down"], ["mc_code": try code(copy(from: (1, 0), to: (3, 0)))]),
      superlayer(["a", "b"], ["mc_code": try code(copy(from: (1, 0), to: (1, 0)))]),
      superlayer(["f"], ["skip_code_gen": .bool(true)]),
      superlayer(["c"], ["mc_code": try code(copy(from: (1, 0), to: (1, 0)))]),
      superlayer(["d"], ["mc_code": try code(copy(from: (1, 0), to: (1, 0)))]), superlayer(["e"]), superlayer(["up"]),
    ]
    dpu.attributes = [
      "device": .string("DPU"), "dpu_name": .string("DPUCZDX8G_ISA1_B4096"), "dpu_fingerprint": .uint64(fingerprint),
      "mc_code": try code(copy(from: (1, 0), to: (3, 0))),
      "reg_id_to_size": .int32Map(["REG_1": 64, "REG_3": 16]),
      "reg_id_to_context_type_v2": .stringMap(["REG_1": "INTERFACE", "REG_3": "INTERFACE"]),
      "children_topological_sort": .strings(["up", "a", "f", "c", "d", "e", "g"].map { "superlayer \($0)" }),
    ]
    graph.root = Subgraph(
      name: "root",
      children: [Subgraph(name: "user", operationNames: ["data"], attributes: ["device": .string("USER")]), dpu])
    return graph
  }

  private struct Observed: Equatable {
    var shown: [String] = []
    var bytes: [String: [UInt8]] = [:]
    var hidden: [String: HiddenTensor.Reason] = [:]
    var output: [UInt8] = []
    var inputAfterwards: [UInt8] = []
  }

  private static let input = (0..<size).map { UInt8(100 + $0) }

  private func observe(_ change: (inout Graph) -> Void = { _ in }) throws -> Observed {
    var graph = try Self.graph()
    change(&graph)
    let model = try Model(graph: graph, path: "observed.xmodel")
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    let device = try DPUDevice(SimulatedPort(.init(fingerprint: Fingerprint(Self.fingerprint))))
    let job = try device.load(partition, of: model, batch: 1).makeJob()
    job.withInput(0) { $0.copyBytes(from: Self.input) }
    var observed = Observed()
    let hidden = try job.run { operation, bytes in
      let name = model.graph.operations[operation].name
      observed.shown.append(name)
      observed.bytes[name] = [UInt8](bytes)
    }
    for tensor in hidden { observed.hidden[model.graph.operations[tensor.operation].name] = tensor.reason }
    observed.output = job.withOutput(0) { [UInt8]($0) }
    observed.inputAfterwards = job.withInput(0) { [UInt8]($0) }
    return observed
  }

  /// The input moved on by some places, zeros behind it.
  private func moved(_ places: Int) -> [UInt8] { Array(Self.input[places...]) + [UInt8](repeating: 0, count: places) }

  @Test("each tensor is shown after its own superlayer, in the order of the file's list, and the outputs last")
  func order() throws {
    let observed = try observe()
    #expect(observed.shown == ["a", "f", "c", "g", "down"])
    #expect(observed.bytes["a"] == moved(1))
    #expect(observed.bytes["c"] == moved(2))
    #expect(observed.bytes["f"].map { Array($0.prefix(8)) } == Array(moved(1).suffix(8)))
  }

  @Test("the outputs are the whole program's over the inputs as they were filled in")
  func outputs() throws {
    let observed = try observe()
    // Superlayers and whole program start from the same input, though its place is used for other tensors.
    #expect(observed.bytes["g"] == moved(1))
    #expect(observed.output == moved(1))
    #expect(observed.inputAfterwards == Self.input)
  }

  @Test("what can't be shown has its reason")
  func reasons() throws {
    #expect(try observe().hidden == ["b": .staysOnChip, "d": .noPlace, "e": .neverWritten])
    let withoutCode = try observe { graph in
      for index in 0..<7 { graph.root?.children[1].children[index].attributes["mc_code"] = nil }
    }
    #expect(withoutCode.shown == ["g", "down"])
    #expect(
      withoutCode.hidden == [
        "a": .noSuperlayerPrograms, "b": .staysOnChip, "c": .noSuperlayerPrograms, "d": .noSuperlayerPrograms,
        "e": .noSuperlayerPrograms, "f": .noSuperlayerPrograms,
      ])
    let withoutList = try observe { $0.root?.children[1].attributes["children_topological_sort"] = nil }
    #expect(withoutList.hidden == withoutCode.hidden)
    #expect(withoutList.output == moved(1))
  }

  @Test("a superlayer whose program breaks off is named")
  func brokenSuperlayer() throws {
    let broken = try Self.code("LOAD dpdon=load dpdby=load reg_id=5\nEND dpdon=save dpdby=save")
    let error = thrownError(DeviceError.self) {
      try observe { $0.root?.children[1].children[3].attributes["mc_code"] = broken }
    }
    #expect(error?.code == .failed)
    let message = error?.message ?? ""
    #expect(message.contains("superlayer \"superlayer c\""), "\(message)")
    #expect(message.contains("instruction 0 (LOAD), reg_id 5: register REG_5 holds no base"), "\(message)")
  }

  @Test("code of half words and empty code are told apart from none")
  func damagedCode() throws {
    let error = thrownError(DeviceError.self) {
      try observe { $0.root?.children[1].children[3].attributes["mc_code"] = .bytes(Bytes([1, 2, 3])) }
    }
    #expect(error?.message.contains("superlayer \"superlayer c\"") == true, "\(error?.message ?? "no error")")
    let empty = try observe { $0.root?.children[1].children[3].attributes["mc_code"] = .bytes(Bytes([])) }
    #expect(empty.hidden["c"] == .neverWritten)
  }
}
