import Tensors
import Testing
import XModel

@Suite struct GraphReadingTests {
  @Test("reads a message byte by byte as the encoding's documentation has it")
  func golden() throws {
    let graph = try Graph(
      reading: Bytes([
        0x0A, 0x03, 0x6E, 0x65, 0x74,  // 1 graph_name: 3 bytes "net"
        0x2A, 0x32,  // 5 op_node: 50 bytes
        0x0A, 0x01, 0x63,  // . 1 op_name "c"
        0x12, 0x03, 0x61, 0x64, 0x64,  // . 2 op_type "add"
        0x1A, 0x11,  // . 3 op_attr: 17 bytes
        0x0A, 0x02, 0x70, 0x6F,  // . . 1 key "po"
        0x12, 0x0B, 0x28,  // . . 2 value: 11 bytes, 5 int32 as varint
        0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01,  // . . -2 in ten bytes
        0x22, 0x09,  // . 4 args: 9 bytes
        0x0A, 0x01, 0x69,  // . . 1 arg_name "i"
        0x12, 0x01, 0x61, 0x12, 0x01, 0x62,  // . . 2 arg_ops "a" and "b"
        0x2A, 0x0A,  // . 5 output_tensor: 10 bytes
        0x12, 0x04, 0x01, 0xAC, 0x02, 0x03,  // . . 2 tensor_dim packed: 1, 300, 3
        0x28, 0x02,  // . . 5 data_type 2
        0x30, 0x08,  // . . 6 tensor_bit_width 8
        0xAA, 0x06, 0x01, 0x78,  // 101 op_defs: 1 byte
      ]))
    let expected = Graph(
      name: "net",
      operations: [
        XModel.Operation(
          name: "c", type: "add", attributes: ["po": .int32(-2)],
          arguments: [Argument(name: "i", producers: ["a", "b"])],
          output: TensorDescription(name: "", shape: Shape([1, 300, 3]), dataType: .xint, bitWidth: 8))
      ], operationDefinitions: [Bytes([0x78])])
    #expect(graph == expected)
  }

  @Test("takes repeated numbers packed, one by one, and mixed")
  func packedAndNot() throws {
    let tensors: [[UInt8]] = [
      [0x12, 0x03, 1, 2, 3], [0x10, 1, 0x10, 2, 0x10, 3], [0x10, 1, 0x12, 0x02, 2, 3],
      [0x12, 0, 0x12, 2, 1, 2, 0x10, 3],
    ]
    for tensor in tensors {
      let graph = try Graph(reading: Bytes(Fault.operationFile(tensor: tensor)))
      #expect(graph.operations[0].output.shape == Shape([1, 2, 3]))
    }
  }

  @Test("reads the last of a number that stands twice, and any number but zero as true")
  func lastWins() throws {
    let graph = try Graph(reading: Bytes(Fault.operationFile(tensor: [0x28, 1, 0x28, 4, 0x30, 32])))
    #expect(graph.operations[0].output.dataType == .float)
    let truth = try Graph(reading: Bytes([0x5A, 0x07, 0x0A, 0x01, 0x61, 0x12, 0x02, 0x20, 0x02]))
    #expect(truth.attributes.bool("a") == true)
  }

  @Test("keeps constants where they lie")
  func zeroCopy() throws {
    let bytes = SampleGraphs.compiled().serialized()
    let array = Bytes(bytes)
    let graph = try Graph(reading: array)
    let root = try #require(graph.root)
    let code = try #require(root.children[1].attributes.bytes("mc_code"))
    #expect(code.offset > 0)
    #expect(Array(bytes[code.offset..<code.offset + 4]) == [0, 0, 0x20, 0x72])
  }

  @Test("a fault names the message, the field, the byte and what to expect", arguments: Fault.table)
  func faultsNameTheirPlace(fault: Fault) throws {
    let error = try #require(
      failure { () throws(XModelError) in _ = try Graph(reading: Bytes(fault.bytes), path: "f") })
    #expect(error.code == fault.code, "\(error)")
    #expect(error.byteOffset == fault.offset, "\(error)")
    #expect(error.path == "f")
    for words in fault.words { #expect(error.description.contains(words), "\(error)") }
  }

  @Test("reads subgraphs as deep as allowed")
  func deepSubgraphs() throws {
    var subgraph = try Graph(reading: Bytes(Fault.nestedSubgraphs(64))).root
    var depth = 0
    while let next = subgraph {
      depth += 1
      subgraph = next.children.first
    }
    #expect(depth == 64)
  }

  @Test("stops at more messages than any model has, before memory runs out")
  func messageFlood() throws {
    let flood = [UInt8](repeating: 0, count: 2 << 22).indices.map { $0 % 2 == 0 ? UInt8(0x5A) : 0 } + [0x5A, 0]
    let error = try #require(failure { () throws(XModelError) in _ = try Graph(reading: Bytes(flood)) })
    #expect(error.byteOffset == 2 << 22)
    #expect(error.message.contains("4194304 messages"))
  }

  @Test("keeps control characters and long names out of messages")
  func hostileNames() throws {
    let name = [UInt8]("evil\n\u{1B}[2J".utf8) + [UInt8](repeating: 0x78, count: 5000)
    let bytes: [UInt8] = [0x0A, UInt8(name.count & 0x7F | 0x80), UInt8(name.count >> 7)] + name + [0x0E]
    let error = try #require(failure { () throws(XModelError) in _ = try Graph(reading: Bytes(bytes)) })
    #expect(error.message.hasPrefix("Graph \"evil\\u{a}\\u{1b}[2Jxxx"))
    #expect(error.message.count < 250)
  }
}
