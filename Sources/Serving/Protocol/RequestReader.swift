import Inference
import JSONValues

/// Reads the JSON of an inference request and finds the bytes behind it.
struct RequestReader {
  private var reader: JSONReader
  private let body: [UInt8]
  /// Whether the client said where the JSON ends.
  private let isFollowed: Bool
  /// Where the next input's bytes begin.
  private var binaryPosition: Int

  static let mostTensors = 256
  private static let mostAxes = 16

  /// Begins with a body whose first bytes are JSON.
  init(_ body: [UInt8], textByteCount: Int, isFollowed: Bool) {
    self.body = body
    self.isFollowed = isFollowed
    binaryPosition = textByteCount
    var limits = JSONReader.Limits()
    limits.treeValueCount = 10_000
    reader = JSONReader(body, in: 0..<textByteCount, limits: limits)
  }

  /// Reads the whole request.
  mutating func read(into request: inout InferenceRequest) throws(ServingError) {
    var seen: Set<String> = []
    try enterObject("the request")
    while let name = try nextName("the request", &seen) {
      switch name {
      case "id": request.id = try field("id") { (reader) throws(JSONError) in try reader.readString() }
      case "parameters": try readParameters(into: &request)
      case "inputs":
        try eachElement(of: "inputs") { (reader, place) throws(ServingError) in
          request.inputs.append(try reader.readInput(place))
        }
      case "outputs":
        var outputs: [InferenceRequest.Output] = []
        try eachElement(of: "outputs") { (reader, place) throws(ServingError) in
          outputs.append(try reader.readOutput(place))
        }
        // An empty list asks for nothing in particular.
        request.outputs = outputs.isEmpty ? nil : outputs
      default: try field(name) { (reader) throws(JSONError) in try reader.skipValue() }
      }
    }
    try field("the request") { (reader) throws(JSONError) in try reader.finish() }
    guard !request.inputs.isEmpty else { throw wrong("inputs", "found none, expected at least one") }
    guard binaryPosition == body.count else {
      throw ServingError(
        .badRequest,
        "\(body.count - binaryPosition) bytes follow the inputs: the binary_data_size of all inputs and the JSON make "
          + "\(binaryPosition) bytes, the body has \(body.count)")
    }
    try RequestReader.checkNames(request.inputs.map { ($0.name, $0.field) })
    try RequestReader.checkNames((request.outputs ?? []).map { ($0.name, $0.field) })
  }

  private mutating func readParameters(into request: inout InferenceRequest) throws(ServingError) {
    for (name, value) in try readMembers("parameters") {
      let place = "parameters.\(name)"
      switch name {
      case "binary_data_output": request.isBinary = try RequestReader.bool(value, place)
      case "output_datatype": request.outputDatatype = try RequestReader.datatype(value, place)
      case "priority":
        // 0 is the server's choice; of the others, 1 is the most urgent.
        switch try RequestReader.wholeNumber(value, place) {
        case 1: request.priority = .high
        case 0, 2: request.priority = .normal
        default: request.priority = .low
        }
      case "timeout":
        let microseconds = try RequestReader.wholeNumber(value, place)
        request.timeLimit = microseconds == 0 ? nil : .microseconds(microseconds)
      case "sequence_id" where value != .integer(0) && value != .string(""):
        throw ServingError(
          .notImplemented, "\(place): requests that belong together are not supported; send each for itself")
      default: break
      }
    }
  }

  private mutating func readInput(_ place: String) throws(ServingError) -> InferenceRequest.Input {
    var name: String?
    var datatype: TensorDatatype?
    var shape: [Int]?
    var text: Range<Int>?
    var binaryByteCount: Int?
    var seen: Set<String> = []
    try enterObject(place)
    while let member = try nextName(place, &seen) {
      let path = "\(place).\(member)"
      switch member {
      case "name": name = try field(path) { (reader) throws(JSONError) in try reader.readString() }
      case "datatype":
        let word = try field(path) { (reader) throws(JSONError) in try reader.readString() }
        guard let known = TensorDatatype(rawValue: word) else {
          throw wrong(path, "found \"\(word.prefix(40))\", expected INT8, UINT8 or FP32")
        }
        datatype = known
      case "shape": shape = try readShape(path)
      case "parameters": binaryByteCount = try readInputParameters(path)
      case "data":
        text = try field(path) { (reader) throws(JSONError) in
          _ = try reader.nextKind()
          let start = reader.position
          try reader.skipValue()
          return start..<reader.position
        }
      default: try field(path) { (reader) throws(JSONError) in try reader.skipValue() }
      }
    }
    guard let name else { throw wrong("\(place).name", "found nothing, expected a text") }
    guard let datatype else { throw wrong("\(place).datatype", "found nothing, expected INT8, UINT8 or FP32") }
    guard let shape else { throw wrong("\(place).shape", "found nothing, expected a list of whole numbers") }
    let content: InferenceRequest.Input.Content
    switch (text, binaryByteCount) {
    case (let text?, nil): content = .text(text)
    case (nil, let count?): content = .binary(try takeBinary(count, place))
    case (nil, nil):
      throw wrong("\(place).data", "found nothing, expected a list of numbers, or parameters.binary_data_size")
    case (_?, _?): throw wrong("\(place).data", "found beside parameters.binary_data_size, expected one of them")
    }
    return InferenceRequest.Input(name: name, datatype: datatype, shape: shape, content: content, field: place)
  }

  /// Books the next bytes behind the JSON.
  private mutating func takeBinary(_ count: Int, _ place: String) throws(ServingError) -> Range<Int> {
    let path = "\(place).parameters.binary_data_size"
    guard isFollowed else {
      throw wrong(path, "found \(count), but no header Inference-Header-Content-Length says where the JSON ends")
    }
    let left = body.count - binaryPosition
    guard count <= left else { throw wrong(path, "found \(count), but only \(left) bytes are left behind the JSON") }
    defer { binaryPosition += count }
    return binaryPosition..<binaryPosition + count
  }

  private mutating func readInputParameters(_ path: String) throws(ServingError) -> Int? {
    var count: Int?
    for (name, value) in try readMembers(path) {
      switch name {
      case "binary_data_size": count = try RequestReader.wholeNumber(value, "\(path).\(name)")
      case "shared_memory_region": throw RequestReader.sharedMemory("\(path).\(name)")
      default: break
      }
    }
    return count
  }

  private mutating func readShape(_ path: String) throws(ServingError) -> [Int] {
    var shape: [Int] = []
    try eachElement(of: path, atMost: RequestReader.mostAxes) { (reader, place) throws(ServingError) in
      let number = try reader.field(place) { (reader) throws(JSONError) in try reader.readNumber() }
      guard let extent = number.integer, extent >= 0 else {
        throw reader.wrong(place, "found \(number.double), expected a whole number that is not negative")
      }
      shape.append(extent)
    }
    return shape
  }

  private mutating func readOutput(_ place: String) throws(ServingError) -> InferenceRequest.Output {
    var name: String?
    var parameters: [(name: String, value: JSONValue)] = []
    var seen: Set<String> = []
    try enterObject(place)
    while let member = try nextName(place, &seen) {
      let path = "\(place).\(member)"
      switch member {
      case "name": name = try field(path) { (reader) throws(JSONError) in try reader.readString() }
      case "parameters": parameters = try readMembers(path)
      default: try field(path) { (reader) throws(JSONError) in try reader.skipValue() }
      }
    }
    guard let name else { throw wrong("\(place).name", "found nothing, expected a text") }
    var output = InferenceRequest.Output(name: name, field: place)
    for (name, value) in parameters {
      let path = "\(place).parameters.\(name)"
      switch name {
      case "binary_data": output.isBinary = try RequestReader.bool(value, path)
      case "datatype": output.datatype = try RequestReader.datatype(value, path)
      case "classification":
        let count = try RequestReader.wholeNumber(value, path)
        // 0 asks for the tensor itself.
        output.classCount = count == 0 ? nil : count
      case "shared_memory_region": throw RequestReader.sharedMemory(path)
      default: break
      }
    }
    return output
  }
}

extension RequestReader {
  /// Asks the JSON reader; what it does not find is an error about the field.
  private mutating func field<R>(
    _ path: String, _ body: (inout JSONReader) throws(JSONError) -> R
  ) throws(ServingError) -> R {
    do throws(JSONError) { return try body(&reader) } catch { throw wrong(path, error.description) }
  }

  private mutating func enterObject(_ path: String) throws(ServingError) {
    try field(path) { (reader) throws(JSONError) in try reader.enterObject() }
  }

  private mutating func nextName(_ path: String, _ seen: inout Set<String>) throws(ServingError) -> String? {
    guard let name = try field(path, { (reader) throws(JSONError) in try reader.nextName() }) else { return nil }
    guard seen.insert(name).inserted else { throw wrong(path, "found \"\(name.prefix(40))\" twice, expected once") }
    return name
  }

  private mutating func eachElement(
    of path: String, atMost limit: Int = RequestReader.mostTensors,
    _ body: (inout RequestReader, String) throws(ServingError) -> Void
  ) throws(ServingError) {
    try field(path) { (reader) throws(JSONError) in try reader.enterArray() }
    var count = 0
    while try field(path, { (reader) throws(JSONError) in try reader.nextElement() }) {
      guard count < limit else { throw wrong(path, "found more than \(limit) elements") }
      try body(&self, "\(path)[\(count)]")
      count += 1
    }
  }

  private mutating func readMembers(_ path: String) throws(ServingError) -> [(name: String, value: JSONValue)] {
    let value = try field(path) { (reader) throws(JSONError) in try reader.readValue() }
    guard case .object(let members) = value else { throw wrong(path, "found \(value.shown), expected an object") }
    return members.list
  }

  private func wrong(_ path: String, _ words: String) -> ServingError {
    ServingError(.badRequest, "\(path): \(words)")
  }

  private static func bool(_ value: JSONValue, _ path: String) throws(ServingError) -> Bool {
    guard case .bool(let flag) = value else {
      throw ServingError(.badRequest, "\(path): found \(value.shown), expected true or false")
    }
    return flag
  }

  private static func wholeNumber(_ value: JSONValue, _ path: String) throws(ServingError) -> Int {
    guard case .integer(let number) = value, number >= 0 else {
      throw ServingError(.badRequest, "\(path): found \(value.shown), expected a whole number that is not negative")
    }
    return number
  }

  private static func datatype(_ value: JSONValue, _ path: String) throws(ServingError) -> TensorDatatype.Input {
    guard case .string(let word) = value, let type = TensorDatatype.Input(rawValue: word), type != .uint8 else {
      throw ServingError(.badRequest, "\(path): found \(value.shown), expected \"INT8\" or \"FP32\"")
    }
    return type
  }

  private static func sharedMemory(_ path: String) -> ServingError {
    ServingError(.notImplemented, "\(path): shared memory is not supported; send the tensor with binary_data_size")
  }

  private static func checkNames(_ names: [(name: String, field: String)]) throws(ServingError) {
    var seen: Set<String> = []
    for (name, field) in names where !seen.insert(name).inserted {
      throw ServingError(
        .badRequest, "\(field).name: found \"\(name.prefix(80))\" a second time, expected each name once")
    }
  }
}
