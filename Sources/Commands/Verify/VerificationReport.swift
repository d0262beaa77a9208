import Devices
import Tensors
import XModel

/// What `dpu verify` tells: all frames, the first tensor that differs, and what could not be seen.
struct VerificationReport {
  let model: Model
  let sha256: String
  let device: DeviceDescription
  let reference: DeviceDescription
  let seed: Int?
  let files: [String]
  private(set) var frames: [VerifiedFrame] = []

  /// Makes a report without frames.
  init(
    _ model: Model, sha256: String, device: DeviceDescription, reference: DeviceDescription, seed: Int?, files: [String]
  ) {
    self.model = model
    self.sha256 = sha256
    self.device = device
    self.reference = reference
    self.seed = seed
    self.files = files
  }

  /// Whether nothing differs.
  var isEqual: Bool { frames.allSatisfy { $0.firstDifference == nil } }

  /// Adds a frame.
  mutating func add(_ frame: VerifiedFrame) { frames.append(frame) }

  /// One line that says how a frame came out.
  func line(for frame: VerifiedFrame) -> String {
    let outputs = frame.tensors.filter(\.isOutput)
    let inner = frame.tensors.filter { !$0.isOutput }
    let seen = inner.filter(\.isCompared)
    var parts = [
      "\(outputs.filter { $0.result == .equal }.count) of \(count(outputs.count, "output")) equal",
      "\(seen.filter { $0.result == .equal }.count) of \(count(seen.count, "inner tensor")) equal",
    ]
    if seen.count < inner.count { parts.append("\(inner.count - seen.count) not observable") }
    let what = frame.subgraph.map { "DPU subgraph \($0), \(frame.origin)" } ?? frame.origin
    return
      "\(what.printable): \(frame.firstDifference == nil ? "equal" : "DIFFERENT") (\(parts.joined(separator: ", ")))"
  }

  /// A line for each tensor of a frame.
  func tensorLines(of frame: VerifiedFrame) -> [String] {
    var table = TextTable([("tensor", .left), ("type", .left), ("shape", .left), ("result", .left)])
    for tensor in frame.tensors {
      let operation = model.graph.operations[tensor.operation]
      let result =
        switch tensor.result {
        case .equal: tensor.isOutput ? "equal (output)" : "equal"
        case .differs(let difference):
          "\(difference.byteCount.grouped) bytes differ, by \(difference.greatest) at most"
            + (tensor.isOutput ? " (output)" : "")
        case .hidden(let reason): "not observable: \(reason)"
        }
      table.add([operation.name.printable, operation.type.printable, operation.output.shape.description, result])
    }
    return table.lines(indent: 2)
  }

  /// What a person needs to find the fault, empty where nothing differs.
  var differenceLines: [String] {
    guard let frame = frames.first(where: { $0.firstDifference != nil }), let first = frame.firstDifference,
      let difference = first.difference
    else { return [] }
    let operation = model.graph.operations[first.operation]
    let amount = abs(difference.value - difference.expected)
    let real = operation.output.fixPoint.map { " (\(Float(amount) * $0.step) at fix point \($0))" } ?? ""
    let size = operation.output.shape.elementCount
    var lines = [
      "first difference: \(first.isOutput ? "output" : "inner tensor") \"\(operation.name.printable)\" "
        + "(\(operation.type), \(operation.output.shape)) of \(frame.origin.printable)",
      "  at \(difference.place): \(device.kind) \(difference.value), \(reference.kind) \(difference.expected), "
        + "\(amount) apart\(real)",
      "  \(difference.byteCount.grouped) of \(size.grouped) bytes differ, by \(difference.greatest) at most",
    ]
    lines += history(of: first, in: frame).map { "  \($0)" }
    let others = frame.tensors.filter { $0.difference != nil && $0.operation != first.operation }
    if !others.isEmpty {
      let names = others.prefix(5).map { model.graph.operations[$0.operation].name.printable }.joined(separator: ", ")
      let verb = others.count == 1 ? "1 more tensor differs" : "\(others.count) more tensors differ"
      lines.append("  \(verb) behind it: \(names)\(others.count > 5 ? ", …" : "")")
    }
    let frameCount = frames.filter { $0.firstDifference != nil }.count
    if frames.count > 1 { lines.append("in all \(frameCount) of \(frames.count) frames differ") }
    return lines
  }

  /// What lies between a tensor that differs and the last one before it that is right.
  private func history(of first: TensorComparison, in frame: VerifiedFrame) -> [String] {
    let before = frame.tensors.prefix { $0.operation != first.operation }
    let seen = before.filter(\.isCompared)
    var lines: [String] = []
    if let last = seen.last {
      let unseen = before.reversed().prefix { !$0.isCompared }.count
      let gap = unseen == 0 ? "" : "; \(count(unseen, "tensor")) between them can't be seen"
      lines.append(
        "the last equal tensor before it: \"\(model.graph.operations[last.operation].name.printable)\"\(gap)")
    }
    guard frame.subgraph != nil else { return lines }
    if first.isOutput, !seen.isEmpty {
      lines.append("the superlayers' own programs are right as far as seen, so look at the subgraph's program")
    } else if frame.tensors.filter(\.isOutput).allSatisfy({ $0.result == .equal }) {
      lines.append("every output is right, so look at the superlayer's own program, not at the subgraph's")
    }
    return lines
  }

  /// What could not be seen, a line for each reason, of the first frame of each subgraph.
  var hiddenLines: [String] {
    var seen: Set<Int?> = []
    return frames.filter { seen.insert($0.subgraph).inserted }.flatMap { frame in
      frame.hidden.map { reason, number in
        let place = frame.subgraph.map { "DPU subgraph \($0): " } ?? ""
        return "\(place)\(number) of \(frame.tensors.count) tensors not observable: \(reason)"
      }
    }
  }

  /// The last line: what was found.
  var conclusion: String {
    let bytes = frames.reduce(0) { $0 + $1.comparedByteCount }
    let tensors = frames.reduce(0) { $0 + $1.tensors.filter(\.isCompared).count }
    let amount = "\(count(tensors, "tensor")), \(bytes.grouped) bytes compared"
    return isEqual
      ? "equal: \(device.kind) and \(reference.kind) agree in every byte (\(amount))"
      : "different: \(device.kind) and \(reference.kind) do not agree (\(amount))"
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number.grouped) \(noun)\(number == 1 ? "" : "s")" }
}
