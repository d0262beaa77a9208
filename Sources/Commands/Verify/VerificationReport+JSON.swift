import JSONValues

extension VerificationReport {
  /// The report as `dpu.verify/1`.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.verify/1"),
      "model": .object(["path": .string(model.path), "sha256": .string(sha256)]),
      "device": device.json, "reference": reference.json, "seed": .optional(seed) { .integer($0) },
      "inputs": .strings(files), "equal": .bool(isEqual), "frames": .array(frames.map(json)),
    ])
  }

  private func json(_ frame: VerifiedFrame) -> JSONValue {
    .object([
      "origin": .string(frame.origin), "subgraph": .optional(frame.subgraph) { .integer($0) },
      "equal": .bool(frame.firstDifference == nil),
      "compared": .integer(frame.tensors.filter(\.isCompared).count),
      "compared_bytes": .integer(frame.comparedByteCount),
      "first_difference": .optional(frame.firstDifference) { .string(model.graph.operations[$0.operation].name) },
      "not_observable": .array(
        frame.hidden.map { .record(["reason": .string($0.reason), "tensors": .integer($0.count)]) }),
      "tensors": .array(frame.tensors.map(json)),
    ])
  }

  private func json(_ tensor: TensorComparison) -> JSONValue {
    let operation = model.graph.operations[tensor.operation]
    var members: [(String, JSONValue)] = [
      ("name", .string(operation.name)), ("type", .string(operation.type)),
      ("shape", .integers(operation.output.shape.dimensions)),
      ("fix_point", .optional(operation.output.fixPoint) { .integer($0.exponent) }), ("output", .bool(tensor.isOutput)),
    ]
    switch tensor.result {
    case .equal: members.append(("result", .string("equal")))
    case .hidden(let reason):
      members += [("result", .string("not observable")), ("reason", .string(reason))]
    case .differs(let difference):
      members += [
        ("result", .string("different")), ("at", .integers(difference.place)), ("value", .integer(difference.value)),
        ("expected", .integer(difference.expected)), ("differing_bytes", .integer(difference.byteCount)),
        ("greatest_difference", .integer(difference.greatest)),
      ]
    }
    return .record(JSONValue.Members(members))
  }
}
