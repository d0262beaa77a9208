import SimulatedDPU
import Tensors
import TestSupport
import Testing
import XModel

/// What must not change the result: the order of instructions, and what memory and banks hold before.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct OrderTests {
  @Test("garbage in banks and memory, and random legal orders, change nothing", arguments: SharedPrograms.models)
  func orders(name: String) throws {
    let model = try SharedPrograms.model(name)
    for partition in model.partitions where partition.kind == .dpu {
      let inputs = partition.randomInputs(in: model, seed: 31)
      var expected: [[UInt8]]?
      for seed in UInt64(1)...4 {
        let subgraph = try SimulatedSubgraph(model, partition, seed: seed)
        let order: IssueOrder = seed == 1 ? .program : .random(seed: seed)
        let outputs = try subgraph.run(inputs, order: order)
        #expect(outputs == expected ?? outputs, "\(name) subgraph \(partition.index) seed \(seed)")
        expected = outputs
      }
    }
  }

  @Test("a core gives the same again and again, whatever it did before")
  func repeated() throws {
    let model = try SharedPrograms.model("nerone/prostate")
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    let subgraph = try SimulatedSubgraph(model, partition, seed: 3)
    let first = partition.randomInputs(in: model, seed: 1)
    let second = partition.randomInputs(in: model, seed: 2)
    let outputs = try [subgraph.run(first), subgraph.run(second), subgraph.run(first)]
    #expect(outputs[0] == outputs[2])
    #expect(outputs[0] != outputs[1])
  }
}
