import Foundation
import Tensors
import Testing
import XModel
import make_sample_model

@Suite struct CompilerTests {
  @Test("a 3x3 kernel with stride 2 is stored by phase: the order that AMD's simulator confirmed")
  func phaseOrder() {
    // Byte = 100 * out + 10 * row + column, then the same plus 3 for the second channel.
    var kernel: [UInt8] = []
    for out in 0..<2 {
      for tap in 0..<9 {
        let byte = UInt8(100 * out + 10 * (tap / 3) + tap % 3)
        kernel += [byte, byte + 3]
      }
    }
    let taps: [UInt8] = [00, 02, 20, 22, 01, 21, 10, 12, 11]
    let expected = (taps + taps.map { $0 + 100 }).flatMap { [$0, $0 + 3] }
    let grouped = groupedByPhase(kernel, shape: Shape([2, 3, 3, 2]), strideWidth: 2, strideHeight: 2)
    #expect(grouped == expected)
  }

  @Test("a compiled network is read again as input, program without code, and host part")
  func partitions() throws {
    let graph = try Compiler.graph(of: network())
    let model = try Model(graph: Graph(reading: Bytes(graph.serialized())), path: "network.xmodel")
    #expect(model.partitions.map(\.kind) == [.user, .dpu, .cpu])
    let program = try #require(model.partitions[1].program)
    #expect(program.fingerprint == nil)
    #expect(program.code.count == 0)
    let (convolution, pool, transposed): (UInt64, UInt64, UInt64) = (2 * 16 * 3 * 9, 4 * 3 * 4, 2 * 4 * 3 * 3 * 9)
    #expect(program.workload == convolution + pool + transposed)
    // Weights and bias of both convolutions.
    let constantByteCount = 27 + 3 + 81 + 3
    #expect(program.regions[0]?.byteCount == constantByteCount)
    #expect(program.regions[2]?.byteCount == 16)
    #expect(program.regions[3]?.byteCount == 16 * 6)
    let names = model.partitions[1].operations.map { graph.operations[$0].name }
    #expect(names.first == "picture_upload_0")
    #expect(names.last == "both_download_0")
  }

  @Test("constants come back as they were, transposed kernels grouped")
  func constants() throws {
    let model = try Model(graph: Compiler.graph(of: network()), path: "network.xmodel")
    func constant(_ name: String) throws -> [UInt8] {
      let index = try #require(model.index(of: name))
      let bytes = try #require(model.constant(index))
      return bytes.withUnsafeBytes { [UInt8]($0) }
    }
    #expect(try constant("first_weights") == Array(0..<27))
    #expect(try constant("up_bias") == [7, 8, 9])
    let kernel = [UInt8](0..<81)
    let grouped = groupedByPhase(kernel, shape: Shape([3, 3, 3, 3]), strideWidth: 2, strideHeight: 2)
    #expect(grouped != kernel)
    #expect(try constant("up_weights") == grouped)
  }

  @Test(
    "a description that contradicts itself is refused with the layer's name",
    arguments: [
      ("\"inputs\": [\"first\"]", "\"inputs\": [\"nobody\"]", "nobody"),
      ("\"name\": \"up\"", "\"name\": \"first\"", "first"),
      ("\"type\": \"pool-fix\"", "\"type\": \"matmul-fix\"", "small"),
      ("\"shape\": [3, 3, 3, 3]", "\"shape\": [3, 3, 3, 4]", "up_weights"),
      ("\"shape\": [1, 4, 4, 3]", "\"shape\": [1, 4, -4, 3]", "first"),
      ("\"output\": \"both\"", "\"output\": \"up\"", "up"),
      ("\"pad\": [1, 1, 1, 1]", "\"pad\": [1, 1]", "first"),
      ("\"stride\": [2, 2], \"pad\": [0, 1, 0, 1]", "\"stride\": [2, 0], \"pad\": [0, 1, 0, 1]", "up"),
    ])
  func refusals(part: String, replacement: String, named: String) throws {
    let broken = Self.description.replacingOccurrences(of: part, with: replacement)
    try #require(broken != Self.description)
    let network = try JSONDecoder().decode(NetworkDescription.self, from: Data(broken.utf8))
    do throws(DescriptionError) {
      _ = try Compiler.graph(of: network)
      Issue.record("accepted")
    } catch {
      #expect(error.description.contains("\"\(named)\"") || error.description.contains("\(named) "))
    }
  }

  private func network() throws -> NetworkDescription {
    try JSONDecoder().decode(NetworkDescription.self, from: Data(Self.description.utf8))
  }

  private static let description = """
    {"name": "tiny", "output": "both", "input": {"name": "picture", "shape": [1, 4, 4, 1], "fixPoint": 7}, "layers": [
      {"name": "first", "type": "conv2d-fix", "inputs": ["picture"], "shape": [1, 4, 4, 3], "fixPoint": 4, "relu": true,
       "kernel": [3, 3], "stride": [1, 1], "pad": [1, 1, 1, 1],
       "weights": {"shape": [3, 3, 3, 1], "fixPoint": 6, "data": "\(base64(0..<27))"},
       "bias": {"shape": [3], "fixPoint": 5, "data": "\(base64(1..<4))"}},
      {"name": "small", "type": "pool-fix", "inputs": ["first"], "shape": [1, 2, 2, 3], "fixPoint": 4, "relu": false,
       "kernel": [2, 2], "stride": [2, 2], "pad": [0, 0, 0, 0]},
      {"name": "up", "type": "transposed-conv2d-fix", "inputs": ["small"], "shape": [1, 4, 4, 3], "fixPoint": 3,
       "relu": false, "kernel": [3, 3], "stride": [2, 2], "pad": [0, 1, 0, 1],
       "weights": {"shape": [3, 3, 3, 3], "fixPoint": 6, "data": "\(base64(0..<81))"},
       "bias": {"shape": [3], "fixPoint": 5, "data": "\(base64(7..<10))"}},
      {"name": "both", "type": "concat-fix", "inputs": ["up", "first"], "shape": [1, 4, 4, 6], "fixPoint": 3,
       "relu": false}]}
    """

  private static func base64(_ bytes: Range<UInt8>) -> String { Data(bytes).base64EncodedString() }
}
