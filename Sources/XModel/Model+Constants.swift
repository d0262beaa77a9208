extension Model {
  /// The bytes of every constant, by operation.
  ///
  /// - Throws: `.invalid` if a constant's bytes are missing, leave their region or do not fit its shape.
  static func findConstants(
    _ graph: Graph, _ partitions: [Partition], _ fail: Failure
  ) throws(XModelError) -> [Int: Bytes] {
    var constants: [Int: Bytes] = [:]
    for partition in partitions {
      for index in partition.operations where graph.operations[index].isConstant {
        constants[index] = try bytes(of: graph.operations[index], in: partition, fail)
      }
    }
    return constants
  }

  private static func bytes(
    of operation: Operation, in partition: Partition, _ fail: Failure
  ) throws(XModelError) -> Bytes {
    func invalid(_ problem: String) -> XModelError {
      fail(.invalid, "constant \(quoted(operation.name)) (\(operation.output.shape)): \(problem)")
    }
    let width = Int(operation.output.bitWidth)
    guard [8, 16, 32, 64].contains(width) else {
      throw invalid("an element has \(width) bits, expected 8, 16, 32 or 64")
    }
    let (count, overflow) = operation.output.shape.elementCount.multipliedReportingOverflow(by: width / 8)
    guard !overflow else { throw invalid("its size in bytes overflows") }
    if let data = operation.attributes["data"] {
      guard case .bytes(let inline) = data else { throw invalid("attribute data is not of type Bytes") }
      if inline.count > 0 {
        guard inline.count == count else {
          throw invalid("attribute data has \(inline.count) bytes, expected \(count)")
        }
        return inline
      }
    }
    let attributes = operation.output.attributes
    guard let address = attributes.int("ddr_addr"), let program = partition.program else {
      throw invalid("its bytes are missing: attribute data is empty and no ddr_addr says where else they lie")
    }
    let register = attributes.int("reg_id") ?? 0
    guard let contents = program.regions[register]?.contents else {
      throw invalid(
        "its bytes should lie in REG_\(register), but subgraph \(quoted(partition.name)) has no such contents")
    }
    guard address >= 0, count <= contents.count, address <= contents.count - count,
      let piece = contents.slice(address..<address + count)
    else {
      throw invalid(
        "its \(count) bytes at ddr_addr \(address) leave REG_\(register), which holds \(contents.count) bytes")
    }
    return piece
  }
}
