import JSONValues
import Tensors

/// Reads the elements of a tensor from JSON: a flat list, or lists in one another as the shape says.
struct NumberList {
  private var reader: JSONReader
  private let shape: [Int]
  private let field: String
  private let datatype: TensorDatatype.Input
  private let elementCount: Int
  private var index = 0
  /// What was lost so far.
  private(set) var losses = InputTensor.Losses()

  /// Begins with a list whose JSON is known to be good.
  ///
  /// - Parameter shape: The model's own, so that the product of its extents is known to be small enough.
  init(_ body: [UInt8], in range: Range<Int>, shape: [Int], field: String, datatype: TensorDatatype.Input) {
    reader = JSONReader(body, in: range)
    self.shape = shape
    self.field = field
    self.datatype = datatype
    elementCount = shape.reduce(1, *)
  }

  /// Reads elements for an int8 tensor.
  mutating func readInt8(_ fixPoint: FixPoint) throws(ServingError) -> [Int8] {
    var values: [Int8] = []
    values.reserveCapacity(elementCount)
    let isOwn = datatype == .int8
    var losses = losses
    try readAll { values.append(isOwn ? Int8($0) : Int8(bitPattern: losses.quantize(Float($0), fixPoint))) }
    self.losses = losses
    return values
  }

  /// Reads elements for a float tensor.
  mutating func readFloat32() throws(ServingError) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(elementCount)
    try readAll { values.append(Float($0)) }
    return values
  }

  private mutating func readAll(_ body: (Double) -> Void) throws(ServingError) {
    try ask { (reader) throws(JSONError) in try reader.enterArray() }
    guard try hasNext() else { return try checkCount() }
    let isNested = try ask { (reader) throws(JSONError) in try reader.nextKind() } == .array
    if isNested, shape.count > 1 {
      try readRest(axis: 0, "", body)
    } else {
      repeat { try readNumber(body) } while try hasNext()
    }
    try checkCount()
  }

  /// Reads the elements of a list that is open at its first one.
  private mutating func readRest(axis: Int, _ path: String, _ body: (Double) -> Void) throws(ServingError) {
    var count = 0
    repeat {
      guard count < shape[axis] else {
        throw wrong("\(field)\(path): found more than the \(shape[axis]) elements that axis \(axis) has")
      }
      if axis == shape.count - 1 {
        try readNumber(body)
      } else {
        try ask { (reader) throws(JSONError) in try reader.enterArray() }
        let isEmpty = try !hasNext()
        if isEmpty {
          guard shape[axis + 1] == 0 else { throw short(0, axis + 1, "\(path)[\(count)]") }
        } else {
          try readRest(axis: axis + 1, "\(path)[\(count)]", body)
        }
      }
      count += 1
    } while try hasNext()
    guard count == shape[axis] else { throw short(count, axis, path) }
  }

  private mutating func readNumber(_ body: (Double) -> Void) throws(ServingError) {
    guard index < elementCount else {
      throw wrong("\(field): found more than the \(elementCount) numbers that the shape \(shape) has")
    }
    let number = try ask { (reader) throws(JSONError) in try reader.readNumber() }
    switch datatype {
    case .fp32:
      guard Float(number.double).isFinite else {
        throw wrong("\(field): number \(index) is \(number.double), beyond those of FP32")
      }
      body(number.double)
    case .int8: body(try whole(number, -128...127))
    case .uint8: body(try whole(number, 0...255))
    }
    index += 1
  }

  private func whole(_ number: JSONReader.Number, _ range: ClosedRange<Double>) throws(ServingError) -> Double {
    guard number.integer != nil, range.contains(number.double) else {
      throw wrong(
        "\(field): number \(index) is \(number.double), expected a whole one from \(Int(range.lowerBound)) to "
          + "\(Int(range.upperBound)) for \(datatype.rawValue)")
    }
    return number.double
  }

  private func checkCount() throws(ServingError) {
    guard index == elementCount else {
      throw wrong("\(field): found \(index) numbers, expected \(elementCount) for the shape \(shape)")
    }
  }

  private func short(_ count: Int, _ axis: Int, _ path: String) -> ServingError {
    wrong("\(field)\(path): found \(count) elements, expected the \(shape[axis]) that axis \(axis) has")
  }

  private mutating func hasNext() throws(ServingError) -> Bool {
    try ask { (reader) throws(JSONError) in try reader.nextElement() }
  }

  private mutating func ask<R>(_ body: (inout JSONReader) throws(JSONError) -> R) throws(ServingError) -> R {
    do throws(JSONError) { return try body(&reader) } catch { throw wrong("\(field): \(error)") }
  }

  private func wrong(_ words: String) -> ServingError { ServingError(.badRequest, words) }
}
