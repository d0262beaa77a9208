package import JSONValues

extension LoadedEntry {
  /// What the protocol tells of the model.
  package var metadata: JSONValue {
    .object([
      "name": .string(name), "versions": .strings([version]), "platform": .string(InferenceService.platform),
      "inputs": .array(model.inputs.map(\.metadata)), "outputs": .array(model.outputs.map(\.metadata)),
    ])
  }

  /// What the extension `model_configuration` tells of it.
  package var configuration: JSONValue {
    .object([
      "name": .string(name), "platform": .string(InferenceService.platform), "backend": .string("dpu"),
      "max_batch_size": .integer(0),
      "input": .array(model.inputs.map(\.configuration)), "output": .array(model.outputs.map(\.configuration)),
    ])
  }
}

extension ServedTensor {
  /// The tensor as clients see it: real numbers; those who want the model's own find its scale beside.
  fileprivate var metadata: JSONValue {
    var members: [(String, JSONValue)] = [
      ("name", .string(name)), ("datatype", .string("FP32")), ("shape", .integers(shape.dimensions)),
    ]
    if let fixPoint {
      members.append(
        ("parameters", .object(["native_datatype": .string("INT8"), "fix_point": .integer(fixPoint.exponent)])))
    }
    return .object(JSONValue.Members(members))
  }

  fileprivate var configuration: JSONValue {
    .object([
      "name": .string(name), "data_type": .string("TYPE_FP32"), "dims": .integers(shape.dimensions),
    ])
  }
}
