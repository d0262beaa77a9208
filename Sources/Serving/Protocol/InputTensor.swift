import JSONValues
import Tensors

/// A tensor that was sent, checked against the model's input and ready to be put into its buffer.
package struct InputTensor: Equatable, Sendable {
  /// What was lost when real numbers became int8.
  package struct Losses: Equatable, Sendable {
    /// Numbers beyond int8, which were saturated.
    package var saturated = 0
    /// What is no number, and became 0.
    package var notANumber = 0

    /// Makes losses of nothing.
    package init() {}

    /// Adds another tensor's.
    package static func += (one: inout Losses, other: Losses) {
      one.saturated += other.saturated
      one.notANumber += other.notANumber
    }
  }

  private enum Source: Equatable, Sendable {
    /// Little-endian elements in the body.
    case bytes(Range<Int>, TensorDatatype.Input)
    case int8([Int8])
    case float32([Float])
  }

  private let body: [UInt8]
  private let source: Source
  private let port: ServedTensor
  private var textLosses = Losses()

  /// Checks a tensor and reads its text, where it is text.
  ///
  /// - Parameter port: The model's input.
  /// - Throws: `.badRequest` naming the field, what was found and what was expected.
  package init(_ input: InferenceRequest.Input, of body: [UInt8], for port: ServedTensor) throws(ServingError) {
    self.port = port
    func wrong(_ field: String, _ words: String) -> ServingError {
      ServingError(.badRequest, "\(input.field).\(field): \(words)")
    }
    guard let datatype = TensorDatatype.Input(rawValue: input.datatype.rawValue) else {
      throw wrong("datatype", "found \(input.datatype.rawValue), expected INT8, UINT8 or FP32 for \"\(port.name)\"")
    }
    guard input.shape == port.shape.dimensions else {
      throw wrong("shape", "found \(input.shape), expected \(port.shape.dimensions) for \"\(port.name)\"")
    }
    switch input.content {
    case .binary(let range):
      // As many elements as the model's own shape: the product does not overflow.
      let expected = port.shape.elementCount * datatype.byteCount
      guard range.count == expected else {
        throw wrong(
          "parameters.binary_data_size",
          "found \(range.count), expected \(expected) for \(datatype.rawValue) of shape \(input.shape)")
      }
      self.body = body
      source = .bytes(range, datatype)
    case .text(let range):
      self.body = []
      var list = NumberList(body, in: range, shape: input.shape, field: "\(input.field).data", datatype: datatype)
      if let fixPoint = port.fixPoint {
        (source, textLosses) = (.int8(try list.readInt8(fixPoint)), list.losses)
      } else {
        source = .float32(try list.readFloat32())
      }
    }
  }

  /// Takes a whole body as a tensor: how long it is says of which type.
  ///
  /// - Throws: `.badRequest` for another length.
  package init(raw body: [UInt8], for port: ServedTensor) throws(ServingError) {
    self.port = port
    self.body = body
    let count = port.shape.elementCount
    switch body.count {
    case count * 4: source = .bytes(0..<body.count, .fp32)
    case count: source = .bytes(0..<body.count, .int8)
    default:
      throw ServingError(
        .badRequest,
        "the raw body has \(body.count) bytes, expected \(count * 4) (FP32) or \(count) (INT8) for \"\(port.name)\" of shape "
          + "\(port.shape)")
    }
  }

  /// Puts the elements into the model's buffer, in the type that it has there.
  ///
  /// - Parameter buffer: As many bytes as the port has.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Losses {
    precondition(buffer.count == port.byteCount, "a buffer of \(buffer.count) bytes for a tensor of \(port.byteCount)")
    switch source {
    case .int8(let values):
      values.withUnsafeBytes { buffer.copyMemory(from: $0) }
      return textLosses
    case .float32(let values):
      values.withUnsafeBytes { buffer.copyMemory(from: $0) }
      return textLosses
    case .bytes(let range, let datatype):
      return body.withUnsafeBytes { convert(UnsafeRawBufferPointer(rebasing: $0[range]), datatype, into: buffer) }
    }
  }

  private func convert(
    _ bytes: UnsafeRawBufferPointer, _ datatype: TensorDatatype.Input, into buffer: UnsafeMutableRawBufferPointer
  ) -> Losses {
    switch (datatype, port.fixPoint) {
    case (.int8, _?), (.fp32, nil): buffer.copyMemory(from: bytes)
    case (.int8, nil): for index in 0..<bytes.count { store(Float(Int8(bitPattern: bytes[index])), index, buffer) }
    case (.uint8, nil): for index in 0..<bytes.count { store(Float(bytes[index]), index, buffer) }
    case (.uint8, let fixPoint?):
      var losses = Losses()
      for index in 0..<bytes.count { buffer[index] = losses.quantize(Float(bytes[index]), fixPoint) }
      return losses
    case (.fp32, let fixPoint?):
      var losses = Losses()
      for index in 0..<buffer.count {
        let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        buffer[index] = losses.quantize(Float(bitPattern: bits), fixPoint)
      }
      return losses
    }
    return Losses()
  }

  private func store(_ value: Float, _ index: Int, _ buffer: UnsafeMutableRawBufferPointer) {
    buffer.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
  }
}

extension InputTensor.Losses {
  /// Makes a real number an int8, as bits, and counts what is lost.
  @inline(__always)
  mutating func quantize(_ value: Float, _ fixPoint: FixPoint) -> UInt8 {
    let scaled = value * fixPoint.scale
    if !(scaled < 127.5 && scaled >= -128.5) {
      if value.isNaN { notANumber += 1 } else { saturated += 1 }
    }
    return UInt8(bitPattern: fixPoint.quantize(value))
  }
}
