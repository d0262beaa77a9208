import Foundation
import Tensors
import TestSupport
import XModel

/// The golden vectors of a shared model: inputs of each DPU subgraph, and hashes of what comes out.
struct GoldenInputs {
  /// One run of one DPU subgraph.
  struct Run {
    let partition: Partition
    /// The bytes of the inputs, in the order of the partition.
    let inputs: [[UInt8]]
    /// The hashes of the outputs by operation.
    let outputs: [String: String]
    /// The hashes of all tensors by operation.
    let tensors: [String: String]
  }

  /// Reads the golden vectors of a model: `nerone/bccd`.
  static func runs(_ name: String, of model: Model) throws -> [Run] {
    let partitions = model.partitions.filter { $0.kind == .dpu }
    return name.hasPrefix("nerone/") ? try medical(name, model, partitions[0]) : try further(name, model, partitions)
  }

  private static func medical(_ name: String, _ model: Model, _ partition: Partition) throws -> [Run] {
    struct Golden: Decodable {
      struct Entry: Decodable {
        let op: String
        let dtype: String?
        let sha256: String?
      }
      let output: Entry
      let tensors: [Entry]
    }
    let byteCount = model.graph.operations[partition.inputs[0]].output.shape.elementCount
    return try [0, 1].map { number in
      let base = "models/golden/\(name)/\(number)"
      let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: Shared.url("\(base).json")))
      let file = try Data(contentsOf: Shared.url("\(base).input.npy"))
      return Run(
        partition: partition, inputs: [[UInt8](file.suffix(byteCount))],
        outputs: [golden.output.op: golden.output.sha256 ?? ""],
        tensors: Dictionary(
          golden.tensors.compactMap { entry in
            entry.dtype == "int8" ? entry.sha256.map { (entry.op, $0) } : nil
          }
        ) { $1 })
    }
  }

  private static func further(_ name: String, _ model: Model, _ partitions: [Partition]) throws -> [Run] {
    struct Golden: Decodable {
      struct Part: Decodable {
        struct Port: Decodable {
          let op: String
          let seed: UInt64?
          let sha256: String?
          enum CodingKeys: String, CodingKey {
            case op, sha256
            case seed = "splitmix64_seed"
          }
        }
        let inputs: [Port]
        let outputs: [Port]
        let tensors: [String: String]
        enum CodingKeys: String, CodingKey {
          case inputs, outputs
          case tensors = "tensors_sha256"
        }
      }
      let parts: [Part]
      enum CodingKeys: String, CodingKey { case parts = "dpu_subgraphs" }
    }
    let file = name.replacing("more/", with: "models/golden/more/") + ".json"
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: Shared.url(file)))
    return zip(partitions, golden.parts).map { partition, part in
      Run(
        partition: partition,
        inputs: zip(partition.inputs, part.inputs).map { operation, port in
          var random = SeededGenerator(seed: port.seed ?? 0)
          return random.int8s(model.graph.operations[operation].output.shape.elementCount).map {
            UInt8(bitPattern: $0)
          }
        },
        outputs: Dictionary(part.outputs.map { ($0.op, $0.sha256 ?? "") }) { $1 }, tensors: part.tensors)
    }
  }
}
