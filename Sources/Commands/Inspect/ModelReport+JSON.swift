import JSONValues
import Tensors
import Vision
import XModel

extension ModelReport {
  /// The report as the object `dpu.inspect/1`, documented in docs/guide/json.md.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.inspect/1"),
      "file": .object([
        "path": .string(path), "bytes": .integer(byteCount), "sha256": .string(sha256),
      ]),
      "graph": .object([
        "name": .string(graphName), "origin": .optional(origin) { .string($0) },
        "compilers": .array(
          compilers.map { .record(["library": .string($0.library), "revision": .string($0.revision)]) }),
        "made_from": .array(sources.map { .record(["path": .string($0.path), "md5": .string($0.md5)]) }),
      ]),
      "inputs": .array(inputs.map(\.json)),
      "outputs": .array(outputs.map(\.json)),
      "card": .optional(card) { $0.json },
      "card_problem": .optional(cardProblem) { .string($0) },
      "macs": .integer(multiplyAccumulates),
      "constants": .integer(constantElements),
      "subgraphs": .array(subgraphs.map(\.json)),
      "operations": .array(
        lines.map { line in
          .record(
            JSONValue.Members(
              line.port.members
                + [
                  ("type", .string(line.type)), ("subgraph", .integer(line.subgraph)),
                  ("device", .string(line.device)), ("macs", .integer(line.multiplyAccumulates)),
                ]))
        }),
    ])
  }
}

extension ModelReport.Port {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("name", .string(name)), ("shape", .integers(shape.dimensions)), ("element", .string(elementType)),
      ("fix_point", .optional(fixPoint) { .integer($0.exponent) }),
    ]
  }

  fileprivate var json: JSONValue { .record(JSONValue.Members(members)) }
}

extension ModelReport.Subgraph {
  fileprivate var json: JSONValue {
    .object([
      "index": .integer(index), "name": .string(name), "device": .string(kind.label),
      "operations": .integer(operationCount), "macs": .integer(multiplyAccumulates),
      "constants": .integer(constantElements),
      "program": .optional(program) { program in
        .object([
          "target": program.target.isEmpty ? .null : .string(program.target),
          "fingerprint": .optional(fingerprint) { $0.json },
          "code_bytes": .integer(program.code.count),
          "workload": .optional(program.workload) { Int(exactly: $0).map { .integer($0) } ?? .string(String($0)) },
          "regions": .array(
            regions.map {
              .record([
                "register": .string("REG_\($0.register)"), "context": .string($0.context),
                "bytes": .integer($0.byteCount),
              ])
            }),
        ])
      },
    ])
  }
}

extension Fingerprint {
  /// The number and what it means in a report; of another family nothing but the number.
  var json: JSONValue {
    let known = isKnownFamily ? self : nil
    let array = known?.array
    return .object([
      "value": .string(hexadecimal), "family": .optional(known) { _ in .string(Fingerprint.familyName) },
      "isa": .optional(known) { .integer($0.instructionSet) }, "array": .optional(array) { .string($0.name) },
      "peak_operations_per_cycle": .optional(array) { .integer($0.peakOperationsPerCycle) },
      "features": .strings(known?.features ?? []),
    ])
  }
}
