import Tensors
import TestSupport
import Testing

import XModel

@Suite struct WorkloadTests {
  @Test("counts a convolution by its output, an operation without weights as nothing")
  func convolution() throws {
    let model = try Model(graph: SampleGraphs.compiled(), path: "sample")
    let counts = model.graph.operations.map { model.multiplyAccumulateCount(of: model.index(of: $0.name) ?? -1) }
    // 12 output elements, each with a window of one input channel.
    #expect(counts == [0, 0, 0, 0, 12, 0, 0])
    #expect(model.multiplyAccumulateCount(of: model.graph.operations.indices) == 12)
    #expect(model.constantElementCount(of: model.graph.operations.indices) == 6)
  }

  @Test(
    "counts each kind of convolution by its own rule",
    arguments: [
      ("conv2d-fix", [1, 4, 4, 8], [1, 2, 2, 6], [6, 3, 3, 8], 24 * 72),
      ("depthwise-conv2d-fix", [1, 4, 4, 8], [1, 2, 2, 8], [1, 3, 5, 8], 32 * 15),
      ("transposed-conv2d-fix", [1, 4, 4, 8], [1, 8, 8, 6], [6, 2, 2, 8], 128 * 24),
      ("transposed-depthwise-conv2d-fix", [1, 4, 4, 8], [1, 8, 8, 8], [1, 3, 3, 8], 128 * 9),
      ("conv2d", [1, 1 << 30, 1 << 30, 1], [1, 1 << 30, 1 << 30, 1], [1, 3, 3, 1], Int.max),
    ] as [(String, [Int], [Int], [Int], Int)])
  func rules(type: String, input: [Int], output: [Int], weights: [Int], count: Int) throws {
    func tensor(_ name: String, _ shape: [Int]) -> TensorDescription {
      TensorDescription(
        name: name, shape: Shape(shape), dataType: .xint, bitWidth: 8, attributes: ["fix_point": .int32(0)])
    }
    var graph = Graph(name: "one")
    graph.operations = [
      Operation(name: "input", type: "data", output: tensor("input", input)),
      Operation(name: "weights", type: "fix", output: tensor("weights", weights)),
      Operation(
        name: "it", type: type,
        arguments: [Argument(name: "input", producers: ["input"]), Argument(name: "weights", producers: ["weights"])],
        output: tensor("it", output)),
    ]
    graph.root = Subgraph(name: "root", operationNames: ["input", "weights", "it"])
    #expect(try Model(graph: graph, path: "one").multiplyAccumulateCount(of: 2) == count)
  }

  @Test(
    "gives the medical networks the work that was published",
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)),
    arguments: [
      ("ctorg", 2.100, 1_030_318), ("brats", 1.449, 405_452), ("prostate-single-class", 0.154, 135_222),
      ("bccd", 0.476, 882_254),
    ])
  func medical(name: String, giga: Double, weights: Int) throws {
    let model = try Model(path: Shared.url("models/nerone/\(name).xmodel").path)
    let count = model.multiplyAccumulateCount(of: model.graph.operations.indices)
    #expect(abs(Double(count) / 1e9 - giga) < 0.0005)
    #expect(model.constantElementCount(of: model.graph.operations.indices) == weights)
  }
}
