import Foundation
import TestSupport
import Testing
import XModel

@Suite struct GraphWritingTests {
  @Test(
    "what is written is read again as it was, and written again as the same bytes",
    arguments: SampleGraphs.all().map(\.name))
  func roundTrip(name: String) throws {
    let graph = try SampleGraphs.named(name)
    let bytes = graph.serialized()
    let again = try Graph(reading: Bytes(bytes))
    let isEqual = again == graph
    #expect(isEqual)
    #expect(again.serialized() == bytes)
  }

  @Test("writes the bytes that the encoding's documentation gives")
  func golden() {
    let graph = Graph(name: "n", attributes: ["a": .int32s([-1, 300]), "f": .float(1)])
    #expect(
      graph.serialized() == [
        0x0A, 0x01, 0x6E,  // 1 graph_name "n"
        0x5A, 0x15,  // 11 graph_attr: 21 bytes
        0x0A, 0x01, 0x61,  // . 1 key "a"
        0x12, 0x10,  // . 2 value: 16 bytes
        0x72, 0x0E,  // . . 14 Int32Vec: 14 bytes
        0x0A, 0x0C, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0xAC, 0x02,  // . . . -1, 300 packed
        0x5A, 0x0A,  // 11 graph_attr: 10 bytes
        0x0A, 0x01, 0x66,  // . 1 key "f"
        0x12, 0x05, 0x4D, 0x00, 0x00, 0x80, 0x3F,  // . 2 value: 9 float 1.0
      ])
  }

  @Test("an attribute with fields that the schema does not name is kept whole until it is set")
  func keptEntries() throws {
    // Key "a", value { int32: 5, 99: 42 }, and { 98: 1 } beside them.
    let entry: [UInt8] = [0x0A, 1, 0x61, 0x12, 5, 0x28, 5, 0x98, 0x06, 0x2A, 0x90, 0x06, 0x01]
    let bytes: [UInt8] = [0x5A, UInt8(entry.count)] + entry
    var graph = try Graph(reading: Bytes(bytes))
    #expect(graph.attributes.int("a") == 5)
    #expect(graph.serialized() == [0x0A, 0] + bytes)
    graph.attributes["a"] = .int32(6)
    #expect(graph.serialized() == [0x0A, 0, 0x5A, 7, 0x0A, 1, 0x61, 0x12, 2, 0x28, 6])
  }

  @Test("of two attributes with one name the last counts, at the place of the first")
  func repeatedNames() throws {
    var graph = Graph(name: "", attributes: ["a": .bool(true), "b": .bool(true)])
    let twice = graph.serialized() + Graph(name: "", attributes: ["a": .bool(false)]).serialized()
    graph.attributes["a"] = .bool(false)
    let read = try Graph(reading: Bytes(twice))
    #expect(read == graph)
    #expect(read.attributes.names == ["a", "b"])
  }

  @Test("a file is replaced whole, and a failure leaves the old one and nothing beside it")
  func atomicWrite() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xmodel-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.xmodel").path
    try SampleGraphs.quantized().write(to: path)
    try SampleGraphs.compiled().write(to: path)
    #expect(try Graph(path: path) == SampleGraphs.compiled())
    let occupied = folder.appendingPathComponent("folder.xmodel").path
    try FileManager.default.createDirectory(atPath: occupied + "/inner", withIntermediateDirectories: true)
    let error = try #require(
      failure { () throws(XModelError) in try SampleGraphs.compiled().write(to: occupied) })
    #expect(error.code == .inputOutput)
    #expect(error.path == occupied)
    let missing = folder.appendingPathComponent("no/such/a.xmodel").path
    #expect(failure { () throws(XModelError) in try SampleGraphs.compiled().write(to: missing) }?.code == .inputOutput)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.xmodel", "folder.xmodel"])
  }

  @Test(
    "real files are read, written and read again as they were",
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)), arguments: SharedModelTests.allFiles)
  func realFiles(file: URL) throws {
    let graph = try Graph(path: file.path)
    let isEqual = try Graph(reading: Bytes(graph.serialized())) == graph
    #expect(isEqual)
  }

  @Test(
    "python-protobuf sees no difference between real files and what is written of them",
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)),
    .enabled(if: ProtobufOracle.found != nil, Comment(rawValue: ProtobufOracle.absence)),
    arguments: SharedModelTests.allFiles)
  func realFilesByOracle(file: URL) throws {
    let oracle = try #require(ProtobufOracle.found)
    let differences = try oracle.differences(of: file, and: Graph(path: file.path).serialized())
    #expect(differences == [:])
  }

  @Test(
    "python-protobuf reads every kind of attribute that is written",
    .enabled(if: ProtobufOracle.found != nil, Comment(rawValue: ProtobufOracle.absence)),
    arguments: SampleGraphs.all().map(\.name))
  func oracle(name: String) throws {
    let graph = try SampleGraphs.named(name)
    let oracle = try #require(ProtobufOracle.found)
    let described = try oracle.describe(graph.serialized())
    #expect(described.graphName == graph.name)
    #expect(described.operations == graph.operations.map(\.name))
    #expect(described.attributes.count == graph.attributes.names.count)
    for name in graph.attributes.names {
      let value = try #require(graph.attributes[name])
      #expect(described.attributes[name] == ProtobufOracle.text(of: value), "\(name)")
    }
  }
}
