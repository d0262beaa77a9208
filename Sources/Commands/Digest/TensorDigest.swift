import Devices
import JSONValues
import Tensors
import XModel

/// What `dpu digest` tells of one operation's tensor.
struct TensorDigest {
  let name: String
  let type: String
  let shape: Shape
  let elementType: String
  let fixPoint: FixPoint?
  /// The SHA-256 of the bytes; `nil` where the device does not show them or they may differ in their last bits.
  let sha256: String?
  /// Why there is no hash, `nil` where there is one.
  let reason: String?

  /// The tensor in a report.
  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("name", .string(name)), ("type", .string(type)), ("shape", .integers(shape.dimensions)),
      ("element", .string(elementType)), ("fix_point", .optional(fixPoint) { .integer($0.exponent) }),
      ("sha256", .optional(sha256) { .string($0) }),
    ]
    if let reason { members.append(("reason", .string(reason))) }
    return .record(JSONValue.Members(members))
  }
}

/// Collects the digests of a run.
struct DigestCollector {
  /// The digests, in the order in which the operations run on any device.
  var digests: [TensorDigest] { collected.sorted { $0.position < $1.position }.map(\.digest) }
  /// How many tensors the device did not show, by the reason.
  private(set) var hiddenCounts: [HiddenTensor.Reason: Int] = [:]

  private var collected: [(position: Int, digest: TensorDigest)] = []
  private let model: Model
  private let positions: [Int: Int]
  /// Operations whose float results are the same on every machine, bit by bit.
  private var exact: Set<Int> = []

  /// Starts a run.
  init(_ model: Model) {
    self.model = model
    let order = model.partitions.flatMap(\.operations)
    positions = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
  }

  /// Takes a tensor's bytes.
  mutating func add(_ operation: Int, _ bytes: UnsafeRawBufferPointer) {
    let node = model.graph.operations[operation]
    let isExact = node.output.elementType == .int8 || isExactFloat(operation)
    if isExact { exact.insert(operation) }
    append(
      operation, sha256: isExact ? SHA256.hexDigest(of: bytes) : nil,
      reason: isExact ? nil : "float arithmetic: the last bits may differ between machines")
  }

  /// Takes note of an operation whose tensor the device does not show.
  mutating func add(_ hidden: HiddenTensor) {
    hiddenCounts[hidden.reason, default: 0] += 1
    append(hidden.operation, sha256: nil, reason: "not observable: \(hidden.reason.rawValue)")
  }

  private mutating func append(_ operation: Int, sha256: String?, reason: String?) {
    let node = model.graph.operations[operation]
    let digest = TensorDigest(
      name: node.name, type: node.type, shape: node.output.shape, elementType: node.output.elementTypeName,
      fixPoint: node.output.fixPoint, sha256: sha256, reason: reason)
    collected.append((positions[operation] ?? .max, digest))
  }

  /// Whether a float tensor is given from outside, a power of two times an int8, or such numbers in another order.
  private func isExactFloat(_ operation: Int) -> Bool {
    switch model.graph.operations[operation].type {
    case "data", "fix2float": return true
    case "fix", "reshape", "flatten", "squeeze", "transpose":
      return model.producers(of: operation).allSatisfy { exact.contains($0) || isInt8($0) }
    default: return false
    }
  }

  private func isInt8(_ operation: Int) -> Bool { model.graph.operations[operation].output.elementType == .int8 }
}
