/// What one output is to look like in the answer.
package struct OutputForm: Equatable, Sendable {
  /// What stands for the tensor.
  package enum Kind: Equatable, Sendable {
    /// Its elements.
    case elements(TensorDatatype.Input)
    /// The greatest of its classes, best first.
    case classes(Int)
  }

  /// The output's number in the model.
  package let index: Int
  /// What stands for the tensor.
  package let kind: Kind
  /// Whether it comes behind the JSON.
  package let isBinary: Bool

  /// The outputs that a request asks for, in its order.
  ///
  /// - Parameter ports: The model's outputs.
  /// - Throws: `.badRequest` for an output that the model does not have, or classes of a tensor that has none.
  package static func forms(
    of request: InferenceRequest, ports: [ServedTensor], model: String
  ) throws(ServingError) -> [OutputForm] {
    var forms: [OutputForm] = []
    let all = ports.map { InferenceRequest.Output(name: $0.name, field: "outputs") }
    for output in request.outputs ?? all {
      guard let index = ports.firstIndex(where: { $0.name == output.name }) else {
        let names = ports.map { "\"\($0.name)\"" }.joined(separator: ", ")
        throw ServingError(
          .badRequest,
          "\(output.field).name: found \"\(output.name.prefix(80))\", the outputs of \"\(model)\" are \(names)")
      }
      let kind: Kind
      if let count = output.classCount {
        try check(ports[index], output.field)
        kind = .classes(count)
      } else {
        let datatype = output.datatype ?? request.outputDatatype ?? .fp32
        guard datatype == .fp32 || ports[index].fixPoint != nil else {
          throw ServingError(
            .badRequest, "\(output.field): \"\(output.name)\" is a tensor of FP32 in the model, INT8 is not to be had")
        }
        kind = .elements(datatype)
      }
      forms.append(OutputForm(index: index, kind: kind, isBinary: output.isBinary ?? request.isBinary))
    }
    return forms
  }

  private static func check(_ port: ServedTensor, _ field: String) throws(ServingError) {
    let inner = port.shape.dimensions.dropFirst().dropLast()
    guard port.shape.rank > 0, port.shape.elementCount > 0, inner.allSatisfy({ $0 == 1 }) else {
      throw ServingError(
        .badRequest,
        "\(field).parameters.classification: \"\(port.name)\" of shape \(port.shape) is not one row of classes for a frame"
      )
    }
  }
}
