/// Device memory as the instructions of one job address it: bytes behind the base in a register.
struct RegionMemory {
  private let memory: any DeviceMemory
  private let bases: [UInt64?]

  /// Makes the view of a job.
  init(_ memory: any DeviceMemory, bases: [UInt64?]) {
    self.memory = memory
    self.bases = bases
  }

  /// A run of bytes that an element of a transfer reads or writes, counted from the instruction's address.
  struct Element {
    let number: Int
    let bytes: Range<Int>
  }

  /// The memory at an instruction's address, good for the bytes of an extent from there on.
  ///
  /// - Parameters:
  ///   - extent: From the first to behind the last byte of all elements; not empty.
  ///   - elements: The elements, for the message.
  /// - Throws: `.register` without a base; `.address` where the extent is not inside one live buffer.
  func pointer(
    register: Int, address: Int, extent: Range<Int>, of instruction: Instruction, _ index: Int,
    elements: () -> [Element]
  ) throws(CoreFault) -> UnsafeMutableRawPointer {
    guard register < bases.count, let base = bases[register] else {
      throw CoreFault(
        .register, "register REG_\(register) holds no base", at: InstructionPlace(index, instruction, .regID))
    }
    if let start = bytes(base, address, extent) { return start - extent.lowerBound }
    let region = "REG_\(register) (0x\(String(base, radix: 16))) + \(address)"
    let place = InstructionPlace(index, instruction, .ddrAddress)
    for element in elements() where bytes(base, address, element.bytes) == nil {
      throw CoreFault(
        .address,
        "element \(element.number) needs \(element.bytes.count) bytes at \(region) + \(element.bytes.lowerBound), "
          + "which are not inside one live buffer", at: place)
    }
    throw CoreFault(
      .address,
      "its \(extent.count) bytes from \(region) + \(extent.lowerBound) on are not inside one live buffer", at: place)
  }

  private func bytes(_ base: UInt64, _ address: Int, _ bytes: Range<Int>) -> UnsafeMutableRawPointer? {
    let (start, isOver) = base.addingReportingOverflow(UInt64(address + bytes.lowerBound))
    guard !isOver, !start.addingReportingOverflow(UInt64(bytes.count)).overflow else { return nil }
    return memory.bytes(at: start, count: bytes.count)
  }
}
