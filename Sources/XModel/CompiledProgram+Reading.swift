extension CompiledProgram {
  /// What to do with a model for another device.
  static let supportAdvice =
    "compile the quantized model for a DPUCZDX8G (Zynq UltraScale+), the family that this program runs"

  /// Takes the program out of the attributes of a DPU subgraph.
  ///
  /// - Throws: `.unsupported` for another family of devices; `.invalid` for attributes of the wrong type, registers
  ///   that do not exist, and contents that do not fit their region.
  init(_ subgraph: Subgraph, _ fail: Failure) throws(XModelError) {
    let attributes = ProgramAttributes(subgraph: subgraph, fail: fail)
    let target = try attributes.value("dpu_name", of: "string", \.string)
    let fingerprint = try attributes.value("dpu_fingerprint", of: "uint64", \.uint64)
    let family = Fingerprint.familyName
    let isForeignName = target.map { $0.hasPrefix("DPU") && !$0.hasPrefix(family) } ?? false
    if isForeignName || fingerprint.map({ !Fingerprint($0).isKnownFamily && $0 != 0 }) == true {
      let code = fingerprint.map { " (fingerprint \(Fingerprint($0).hexadecimal))" } ?? ""
      throw fail(
        .unsupported,
        "subgraph \(quoted(subgraph.name)) is compiled for \(target.map(quoted) ?? "an unnamed target")\(code), another family of "
          + "devices; \(CompiledProgram.supportAdvice)")
    }
    self.target = target ?? ""
    self.fingerprint = fingerprint
    code = try attributes.value("mc_code", of: "Bytes", \.bytes) ?? Bytes([])
    regions = try attributes.regions()
    workload = try attributes.value("workload", of: "uint64", \.uint64)
  }
}

/// The attributes of a DPU subgraph, read with their types checked.
private struct ProgramAttributes {
  let subgraph: Subgraph
  let fail: Failure

  /// The value of an attribute, `nil` if absent; the wrong type throws, since passing over it could change results.
  func value<T>(_ name: String, of type: String, _ read: KeyPath<AttributeValue, T?>) throws(XModelError) -> T? {
    guard let value = subgraph.attributes[name] else { return nil }
    guard let result = value[keyPath: read] else {
      throw fail(.invalid, "subgraph \(quoted(subgraph.name)): attribute \(name) is not of type \(type)")
    }
    return result
  }

  /// The memory regions by register.
  func regions() throws(XModelError) -> [Int: CompiledProgram.Region] {
    let sizes = try value("reg_id_to_size", of: "MapString2Int32", \.int32Map) ?? [:]
    let newer = try value("reg_id_to_context_type_v2", of: "MapString2String", \.stringMap)
    let older = try value("reg_id_to_context_type", of: "MapString2String", \.stringMap)
    let contexts = newer ?? older ?? [:]
    let contents = try value("reg_id_to_parameter_value", of: "MapString2Bytes", \.bytesMap) ?? [:]
    var regions: [Int: CompiledProgram.Region] = [:]
    for name in Set(sizes.keys).union(contents.keys).sorted() {
      let register = try register(name)
      let bytes = contents[name]
      let size = sizes[name].map { Int($0) } ?? bytes?.count ?? 0
      guard size >= bytes?.count ?? 0 else {
        throw fail(
          .invalid,
          "subgraph \(quoted(subgraph.name)): \(name) has \(bytes?.count ?? 0) bytes of parameters, "
            + "but reg_id_to_size gives it \(size)")
      }
      regions[register] = CompiledProgram.Region(
        context: contexts[name] ?? "", byteCount: size, contents: bytes)
    }
    return regions
  }

  private func register(_ name: String) throws(XModelError) -> Int {
    for number in 0..<8 where name == "REG_\(number)" { return number }
    throw fail(.invalid, "subgraph \(quoted(subgraph.name)): found register \(quoted(name)), expected REG_0 to REG_7")
  }
}

extension AttributeValue {
  fileprivate var string: String? { if case .string(let value) = self { value } else { nil } }
  fileprivate var uint64: UInt64? { if case .uint64(let value) = self { value } else { nil } }
  fileprivate var bytes: Bytes? { if case .bytes(let value) = self { value } else { nil } }
  fileprivate var int32Map: [String: Int32]? { if case .int32Map(let value) = self { value } else { nil } }
  fileprivate var stringMap: [String: String]? { if case .stringMap(let value) = self { value } else { nil } }
  fileprivate var bytesMap: [String: Bytes]? { if case .bytesMap(let value) = self { value } else { nil } }
}
