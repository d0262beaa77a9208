import JSONValues
import Tensors

/// Writes the answer to an inference.
package struct InferenceResponse: Sendable {
  /// The model.
  package let model: String
  /// Its version.
  package let version: String
  /// The client's own name for the request.
  package let id: String?
  /// What was lost when the inputs became int8.
  package let losses: InputTensor.Losses
  /// The names of the classes.
  package let labels: [String]

  /// Makes what all outputs share.
  package init(model: String, version: String, id: String?, losses: InputTensor.Losses, labels: [String]) {
    self.model = model
    self.version = version
    self.id = id
    self.losses = losses
    self.labels = labels
  }

  /// Writes the answer.
  ///
  /// - Parameters:
  ///   - forms: What is asked for, in order.
  ///   - tensors: For each of them, the bytes of the model's output.
  ///   - ports: The model's outputs.
  /// - Throws: `.failed` for numbers that JSON has no words for.
  package func http(
    _ forms: [OutputForm], tensors: [[UInt8]], ports: [ServedTensor]
  ) throws(ServingError) -> HTTPResponse {
    precondition(forms.count == tensors.count, "\(tensors.count) tensors for \(forms.count) outputs")
    var text = Array(head.utf8)
    var binary: [UInt8] = []
    for (index, form) in forms.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      let written = WrittenOutput(form, tensors[index], ports[form.index], labels)
      text += Array(written.head.utf8)
      if form.isBinary {
        let bytes = written.bytes
        text += Array(#","parameters":{"binary_data_size":\#(bytes.count)}}"#.utf8)
        binary += bytes
      } else {
        text += Array(#","data":["#.utf8)
        try written.writeList(into: &text)
        text += Array("]}".utf8)
      }
    }
    text += Array("]}".utf8)
    guard forms.contains(where: \.isBinary) else {
      return HTTPResponse(status: 200, headers: ["Content-Type": "application/json"], body: text)
    }
    return HTTPResponse(
      status: 200,
      headers: ["Content-Type": "application/octet-stream", "Inference-Header-Content-Length": "\(text.count)"],
      body: text + binary)
  }

  /// The JSON up to the first output.
  private var head: String {
    var members: [(String, JSONValue)] = [("model_name", .string(model)), ("model_version", .string(version))]
    if let id { members.append(("id", .string(id))) }
    var parameters: [(String, JSONValue)] = []
    if losses.saturated > 0 { parameters.append(("saturated", .integer(losses.saturated))) }
    if losses.notANumber > 0 { parameters.append(("not_a_number", .integer(losses.notANumber))) }
    if !parameters.isEmpty { members.append(("parameters", .object(JSONValue.Members(parameters)))) }
    return JSONValue.object(JSONValue.Members(members)).compactText.dropLast() + #","outputs":["#
  }
}

/// One output on its way into the answer.
private struct WrittenOutput {
  let form: OutputForm
  let tensor: [UInt8]
  let port: ServedTensor
  let labels: [String]

  init(_ form: OutputForm, _ tensor: [UInt8], _ port: ServedTensor, _ labels: [String]) {
    precondition(tensor.count == port.byteCount, "\(tensor.count) bytes for an output of \(port.byteCount)")
    (self.form, self.tensor, self.port, self.labels) = (form, tensor, port, labels)
  }

  /// The JSON up to the data.
  var head: String {
    let (datatype, shape): (String, [Int]) =
      switch form.kind {
      case .elements(let type): (type.rawValue, port.shape.dimensions)
      case .classes(let count): ("BYTES", (port.shape.rank > 1 ? [rowCount] : []) + [min(count, classCount)])
      }
    let value = JSONValue.object([
      "name": .string(port.name), "datatype": .string(datatype), "shape": .integers(shape),
    ])
    return String(value.compactText.dropLast())
  }

  private var classCount: Int { port.shape[-1] }
  private var rowCount: Int { port.shape.rank > 1 ? port.shape[0] : 1 }

  /// The output as bytes, little endian.
  var bytes: [UInt8] {
    switch form.kind {
    case .elements(.fp32):
      if port.fixPoint == nil { return tensor }
      return floatBytes(count: port.shape.elementCount) { value($0) }
    case .elements: return tensor
    case .classes(let count):
      var result: [UInt8] = []
      for text in classes(count) {
        let bytes = Array(text.utf8)
        withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { result.append(contentsOf: $0) }
        result += bytes
      }
      return result
    }
  }

  /// Writes the output as elements of a JSON list.
  func writeList(into text: inout [UInt8]) throws(ServingError) {
    switch form.kind {
    case .elements(let type):
      for index in 0..<port.shape.elementCount {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        if type == .fp32 {
          let number = value(index)
          guard number.isFinite else {
            throw ServingError(
              .failed,
              "number \(index) of output \"\(port.name)\" is \(number), and JSON has no word for it: ask with binary_data"
            )
          }
          text.append(contentsOf: number.description.utf8)
        } else {
          text.append(contentsOf: Int8(bitPattern: tensor[index]).description.utf8)
        }
      }
    case .classes(let count):
      for (index, name) in classes(count).enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        text.append(contentsOf: JSONValue.string(name).compactText.utf8)
      }
    }
  }

  /// The classes as the protocol writes them: `value:index:label`, best first; of equals, the lowest index first.
  private func classes(_ wanted: Int) -> [String] {
    let count = classCount
    return (0..<rowCount).flatMap { row in
      let values = (0..<count).map { value(row * count + $0) }
      // Not a number is no class at all.
      let order = values.indices.sorted { one, other in
        let (left, right) = (
          values[one].isNaN ? -.infinity : values[one], values[other].isNaN ? -.infinity : values[other]
        )
        return left != right ? left > right : one < other
      }
      return order.prefix(wanted).map { index in
        index < labels.count ? "\(values[index]):\(index):\(labels[index])" : "\(values[index]):\(index)"
      }
    }
  }

  /// An element as a real number.
  private func value(_ index: Int) -> Float {
    if let fixPoint = port.fixPoint { return fixPoint.dequantize(Int8(bitPattern: tensor[index])) }
    return float(tensor, index)
  }
}

/// Reads a float of the machine's own order.
private func float(_ bytes: [UInt8], _ index: Int) -> Float {
  bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4 * index, as: Float.self) }
}

/// Writes floats, little endian.
private func floatBytes(count: Int, _ value: (Int) -> Float) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: 4 * count) { buffer, initialized in
    let raw = UnsafeMutableRawBufferPointer(buffer)
    for index in 0..<count {
      raw.storeBytes(of: value(index).bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
    }
    initialized = 4 * count
  }
}
