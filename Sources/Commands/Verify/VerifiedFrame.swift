import Devices
import XModel

/// One frame on both devices: every tensor of the DPU subgraphs side by side.
struct VerifiedFrame {
  /// Where the frame comes from: a file, or `seed N`.
  let origin: String
  /// The number of the DPU subgraph, `nil` for the whole model.
  let subgraph: Int?
  /// The tensors in the order in which they are made.
  let tensors: [TensorComparison]
  /// Bytes of the tensors that were compared.
  let comparedByteCount: Int

  /// The first tensor that differs, `nil` where none does.
  var firstDifference: TensorComparison? { tensors.first { $0.difference != nil } }

  /// Why tensors are not observable, each reason with how many, in the order of their first one.
  var hidden: [(reason: String, count: Int)] {
    var reasons: [(reason: String, count: Int)] = []
    for case .hidden(let reason) in tensors.map(\.result) {
      if let place = reasons.firstIndex(where: { $0.reason == reason }) {
        reasons[place].count += 1
      } else {
        reasons.append((reason, 1))
      }
    }
    return reasons
  }

  /// Runs a frame on both devices.
  ///
  /// - Parameters:
  ///   - inputs: The bytes of each input.
  ///   - origin: Where they come from.
  /// - Throws: A `DeviceError` where a device broke off.
  init(
    _ inputs: [[UInt8]], from origin: String, of model: Model, _ subject: VerificationSubject,
    on device: VerificationProgram, against reference: VerificationProgram
  ) throws(DeviceError) {
    let partitions = subject.partitions(of: model)
    let order = partitions.flatMap(\.operations)
    let positions = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    let uploads = Set(partitions.flatMap(\.inputs))
    // A download is a copy of what the program leaves: the tensor counts once, under the name of what makes it.
    let sources = partitions.flatMap(\.outputs).map { (download: $0, source: model.producers(of: $0)[0]) }
    let outputs = Set(sources.map { uploads.contains($0.source) ? $0.download : $0.source })
    var expected: [Int: [UInt8]] = [:]
    _ = try reference.run(inputs) { operation, bytes in
      if positions[operation] != nil { expected[operation] = [UInt8](bytes) }
    }
    // What goes in is the same on both sides, so that it proves nothing.
    for copy in uploads.union(sources.map(\.download)) where !outputs.contains(copy) { expected[copy] = nil }
    var tensors: [TensorComparison] = []
    var byteCount = 0
    let hidden = try device.run(inputs) { operation, bytes in
      guard let other = expected[operation] else { return }
      let difference = TensorComparison.Difference(
        of: bytes, and: other, shape: model.graph.operations[operation].output.shape)
      byteCount += other.count
      tensors.append(
        TensorComparison(
          operation: operation, isOutput: outputs.contains(operation),
          result: difference.map { .differs($0) } ?? .equal))
    }
    tensors += hidden.map {
      TensorComparison(
        operation: $0.operation, isOutput: outputs.contains($0.operation), result: .hidden($0.reason.rawValue))
    }
    self.origin = origin
    subgraph = subject.number
    self.tensors = tensors.sorted { (positions[$0.operation] ?? 0) < (positions[$1.operation] ?? 0) }
    comparedByteCount = byteCount
  }
}
