import SimulatedDPU
import Tensors
import TestSupport
import Testing
import XModel

/// Runs the compiled programs of the real models over the golden inputs: what comes out is pinned by vectors that were made
/// without any code of this project, rounding included.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct GoldenProgramTests {
  @Test(
    "the outputs of every compiled subgraph are the golden ones, whatever the kernels",
    arguments: SharedPrograms.models, Kernels.available)
  func outputs(name: String, kernels: Kernels) throws {
    let model = try SharedPrograms.model(name)
    let runs = try GoldenInputs.runs(name, of: model)
    #expect(!runs.isEmpty)
    for (number, run) in runs.enumerated() {
      let subgraph = try SimulatedSubgraph(model, run.partition, seed: UInt64(number), kernels: kernels)
      let outputs = try subgraph.run(run.inputs)
      #expect(outputs.count == run.outputs.count)
      for (operation, bytes) in zip(run.partition.outputs, outputs) {
        let name = model.graph.operations[operation].name
        #expect(bytes.withUnsafeBytes { SHA256.hexDigest(of: $0) } == run.outputs[name], "\(name)")
      }
    }
  }
}
