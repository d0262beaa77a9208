import XModel

/// The memory regions of a compiled subgraph, filled from the front; region *n* is what register `REG_n` points to.
struct MemoryPlan {
  /// The regions by the number of their register.
  enum Region: Int32, CaseIterable {
    case constants, workspace, input, output

    /// The name of the register.
    var register: String { "REG_\(rawValue)" }
    /// What the region is for, in the words of the file format.
    var context: String {
      switch self {
      case .constants: "CONST"
      case .workspace: "WORKSPACE"
      case .input, .output: "INTERFACE"
      }
    }
  }

  /// The contents of the region of constants.
  private(set) var constants: [UInt8] = []
  private var byteCounts: [Region: Int32] = [:]

  /// Takes room for a tensor behind what the region holds, and gives its offset.
  mutating func reserve(_ byteCount: Int, in region: Region) -> Int32 {
    let offset = byteCounts[region, default: 0]
    byteCounts[region] = offset + Int32(byteCount)
    return offset
  }

  /// Takes room for a constant, stores its bytes, and gives its offset.
  mutating func store(_ bytes: [UInt8]) -> Int32 {
    constants += bytes
    return reserve(bytes.count, in: .constants)
  }

  /// The attributes of the subgraph that say all this.
  var attributes: Attributes {
    func table<Value>(_ value: (Region) -> Value) -> [String: Value] {
      Dictionary(uniqueKeysWithValues: Region.allCases.map { ($0.register, value($0)) })
    }
    return [
      "reg_id_to_context_type": .stringMap(table { $0 == .constants ? "CONST" : "DATA" }),
      "reg_id_to_context_type_v2": .stringMap(table(\.context)),
      "reg_id_to_parameter_value": .bytesMap([Region.constants.register: Bytes(constants)]),
      "reg_id_to_size": .int32Map(table { byteCounts[$0, default: 0] }),
    ]
  }
}
