import Foundation
import SimulatedDPU
import TestSupport
import Testing
import XModel

/// A copy of a compiled model in which what the DPU executes no longer is what the graph says.
struct ChangedModel {
  private var graph: Graph

  /// Takes a model.
  init(_ path: String) throws { graph = try Graph(path: path) }

  /// Writes the model.
  func write(to path: String) throws { try graph.write(to: path) }

  /// Says another core.
  mutating func setFingerprint(_ number: UInt64) throws {
    let isDone = try Self.dpu(in: &graph) { subgraph -> Bool? in
      subgraph.attributes["dpu_fingerprint"] = .uint64(number)
      return true
    }
    #expect(isDone == true)
  }

  /// Changes the text of the DPU subgraph's program, or of a superlayer's own.
  mutating func changeProgram(of superlayer: String? = nil, _ change: (String) -> String) throws {
    let target = try Self.dpu(in: &graph) { subgraph in subgraph.attributes["dpu_fingerprint"]?.uint64 }
    let number = try #require(target)
    let isa = try #require(ISA(Fingerprint(number)))
    try changeCode(of: superlayer) { bytes in
      let text = try MachineCode(decoding: bytes, isa: isa).text
      let changed = change(text)
      #expect(changed != text, "the change changes nothing")
      return try MachineCode(assembling: changed, isa: isa).encoded
    }
  }

  /// Changes the bytes of the DPU subgraph's program, or of a superlayer's own.
  mutating func changeCode(of superlayer: String? = nil, _ change: ([UInt8]) throws -> [UInt8]) throws {
    let isDone = try Self.dpu(in: &graph) { subgraph -> Bool? in
      if let superlayer {
        guard let child = subgraph.children.firstIndex(where: { $0.name == superlayer }) else { return nil }
        return try Self.changeCode(of: &subgraph.children[child], change)
      }
      return try Self.changeCode(of: &subgraph, change)
    }
    #expect(isDone == true)
  }

  /// Changes one byte of the parameters in REG_0; the graph keeps the old one in the constant that it belongs to.
  ///
  /// - Returns: The name of the constant.
  mutating func changeParameter(at address: Int, to change: (UInt8) -> UInt8) throws -> String {
    let owner = try #require(
      graph.operations.firstIndex { operation in
        guard operation.type == "const-fix", let start = operation.output.attributes.int("ddr_addr") else {
          return false
        }
        return (start..<start + operation.output.shape.elementCount).contains(address)
      })
    let start = try #require(graph.operations[owner].output.attributes.int("ddr_addr"))
    let count = graph.operations[owner].output.shape.elementCount
    let old = try #require(
      try Self.dpu(in: &graph) { subgraph -> [UInt8]? in
        guard case .bytesMap(var map)? = subgraph.attributes["reg_id_to_parameter_value"], let bytes = map["REG_0"]
        else {
          return nil
        }
        let old = bytes.withUnsafeBytes { [UInt8]($0) }
        var new = old
        new[address] = change(old[address])
        map["REG_0"] = Bytes(new)
        subgraph.attributes["reg_id_to_parameter_value"] = .bytesMap(map)
        return old
      })
    graph.operations[owner].attributes["data"] = .bytes(Bytes([UInt8](old[start..<start + count])))
    return graph.operations[owner].name
  }

  private static func changeCode(of subgraph: inout Subgraph, _ change: ([UInt8]) throws -> [UInt8]) throws -> Bool {
    guard case .bytes(let code)? = subgraph.attributes["mc_code"] else { return false }
    subgraph.attributes["mc_code"] = .bytes(Bytes(try change(code.withUnsafeBytes { [UInt8]($0) })))
    return true
  }

  /// Gives the first DPU subgraph to a closure.
  private static func dpu<R>(in graph: inout Graph, _ body: (inout Subgraph) throws -> R?) throws -> R? {
    guard var root = graph.root, let place = root.children.firstIndex(where: { $0.attributes["mc_code"] != nil }) else {
      return nil
    }
    defer { graph.root = root }
    return try body(&root.children[place])
  }
}

extension AttributeValue {
  fileprivate var uint64: UInt64? { if case .uint64(let value) = self { value } else { nil } }
}
