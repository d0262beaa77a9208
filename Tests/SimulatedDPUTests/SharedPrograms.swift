import Foundation
import SimulatedDPU
import TestSupport
import XModel

/// The compiled programs of the shared models.
enum SharedPrograms {
  /// One program as it stands in a file.
  struct Entry {
    let model: String
    /// The superlayer that the program belongs to, `nil` for a whole subgraph.
    let superlayer: String?
    let isa: ISA
    let bytes: [UInt8]
  }

  /// The names of the shared models that have DPU subgraphs, with their folder: `nerone/bccd`.
  static let models = Shared.models

  static func model(_ name: String) throws -> Model { try Model(path: Shared.url("models/\(name).xmodel").path) }

  /// The programs of a model: those of its subgraphs, and those of their superlayers where the file has them.
  static func programs(_ name: String) throws -> [Entry] {
    let model = try model(name)
    var entries: [Entry] = []
    for partition in model.partitions where partition.kind == .dpu {
      guard let program = partition.program, let fingerprint = program.fingerprint,
        let isa = ISA(Fingerprint(fingerprint))
      else { continue }
      entries.append(
        Entry(model: name, superlayer: nil, isa: isa, bytes: program.code.withUnsafeBytes { [UInt8]($0) }))
      let subgraph = model.graph.root?.children[partition.index]
      for child in subgraph?.children ?? [] {
        guard let code = child.attributes.bytes("mc_code"), code.count > 0 else { continue }
        entries.append(
          Entry(model: name, superlayer: child.name, isa: isa, bytes: code.withUnsafeBytes { [UInt8]($0) }))
      }
    }
    return entries
  }
}
