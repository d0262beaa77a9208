package import Devices
package import Inference
import Tensors

/// Made-up inputs of a model, and what it answers to them on a device that is trusted.
package struct GoldenAnswer: Equatable, Sendable {
  /// The bytes of each input.
  package let inputs: [[UInt8]]
  /// The bytes of each output.
  package let outputs: [[UInt8]]

  /// Makes an answer of bytes.
  package init(inputs: [[UInt8]], outputs: [[UInt8]]) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Computes the answer.
  ///
  /// - Parameters:
  ///   - session: The model on the device that is trusted.
  ///   - seed: Where the made-up numbers begin.
  package init(of session: Session, seed: UInt64 = 1) throws(DeviceError) {
    let job = try session.makeJob()
    let inputs = session.inputs.enumerated().map { GoldenAnswer.bytes(of: $1, seed: seed &+ UInt64($0)) }
    for (index, bytes) in inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: bytes) } }
    try job.run()
    self.inputs = inputs
    outputs = session.outputs.indices.map { job.withOutput($0) { Array($0) } }
  }

  /// Compares what a device answered.
  ///
  /// - Returns: How it differs, in words; `nil` where it does not.
  package func difference(from found: [[UInt8]]) -> String? {
    for (number, (expected, found)) in zip(outputs, found).enumerated() {
      let wrong = zip(expected, found).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
      if wrong > 0 || expected.count != found.count {
        return "\(wrong) of the \(expected.count) bytes of output \(number) differ from the software device's"
      }
    }
    return found.count == outputs.count ? nil : "\(found.count) outputs in place of \(outputs.count)"
  }

  private static func bytes(of port: TensorPort, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    let values = random.int8s(port.shape.elementCount)
    switch port.elementType {
    case .int8: return values.map { UInt8(bitPattern: $0) }
    case .float32:
      // Eighths from -16 to 16 are exact, and nothing in the range of usual inputs.
      return values.flatMap { value in withUnsafeBytes(of: Float(value) / 8) { Array($0) } }
    }
  }
}
