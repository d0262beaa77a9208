import JSONValues
import XModel

/// Which parts of a model have code: what `dpu disasm --list` prints.
struct CodeList {
  /// A DPU subgraph or one of its superlayers.
  struct Entry {
    /// The number of the DPU subgraph.
    let subgraph: Int
    /// The name of the subgraph or superlayer.
    let name: String
    /// Whether it is a superlayer.
    let isSuperlayer: Bool
    /// Bytes of its code, `nil` where it has none.
    let byteCount: Int?
    /// Why it has none.
    let reason: String?
  }

  /// The parts in the order in which they run, each subgraph before its superlayers.
  let entries: [Entry]
  private let path: String

  /// Lists subgraphs.
  init(_ model: Model, _ choices: [SubgraphChoice]) {
    path = model.path
    entries = choices.flatMap { choice -> [Entry] in
      let count = choice.partition.program?.code.count ?? 0
      let whole = Entry(
        subgraph: choice.number, name: choice.partition.name, isSuperlayer: false, byteCount: count > 0 ? count : nil,
        reason: count > 0 ? nil : "the file has no instructions (mc_code)")
      return [whole]
        + model.superlayers(of: choice.partition).map { superlayer in
          Entry(
            subgraph: choice.number, name: superlayer.name, isSuperlayer: true, byteCount: superlayer.code?.count,
            reason: superlayer.code == nil ? Self.reason(for: superlayer) : nil)
        }
    }
  }

  /// Why a superlayer has no code.
  static func reason(for superlayer: Superlayer) -> String {
    superlayer.isInPlace
      ? "it needs none, its tensor is made where it belongs" : "the compiler left none in the file"
  }

  /// The list for a person.
  var text: String {
    var table = TextTable([("subgraph", .right), ("part", .left), ("code bytes", .right), ("name", .left)])
    for entry in entries {
      table.add([
        String(entry.subgraph), entry.isSuperlayer ? "superlayer" : "program", entry.byteCount?.grouped ?? "none",
        entry.name.printable + (entry.reason.map { " (\($0))" } ?? ""),
      ])
    }
    return table.lines().joined(separator: "\n")
  }

  /// The list in a report.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.disasm-list/1"), "model": .string(path),
      "parts": .array(
        entries.map {
          .record([
            "subgraph": .integer($0.subgraph), "part": .string($0.isSuperlayer ? "superlayer" : "program"),
            "name": .string($0.name), "code_bytes": .optional($0.byteCount) { .integer($0) },
            "reason": .optional($0.reason) { .string($0) },
          ])
        }),
    ])
  }
}
