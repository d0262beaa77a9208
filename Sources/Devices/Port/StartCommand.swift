/// What a core is told before it starts: where the code lies and where the regions lie.
package struct StartCommand: Equatable, Sendable {
  /// A value for one register.
  package struct RegisterWrite: Equatable, Sendable {
    /// The offset of the register.
    package let offset: UInt32
    /// The word.
    package let value: UInt32

    /// Makes a write.
    package init(offset: UInt32, value: UInt32) {
      self.offset = offset
      self.value = value
    }
  }

  /// The number of region registers.
  package static let baseCount = 8
  /// Bits of an address that the core's bus carries.
  ///
  /// - Source: Vitis AI's runtime refuses higher addresses; INSTR_ADDR_H and BASE_H have 8 bits.
  package static let addressBitCount = 40

  /// The address of the first instruction.
  package let codeAddress: UInt64
  /// The addresses of the regions by register, `nil` where the program has none.
  package let bases: [UInt64?]
  /// The register writes in the order in which they are made, the start itself left to the driver.
  ///
  /// - Source: the order of Vitis AI's `dpu_control_xrt_edge`.
  package let registerWrites: [RegisterWrite]

  /// Makes a command.
  ///
  /// - Parameter bases: One for each of the eight registers.
  package init(codeAddress: UInt64, bases: [UInt64?]) {
    precondition(bases.count == StartCommand.baseCount, "a core has eight region registers")
    self.codeAddress = codeAddress
    self.bases = bases
    var writes = [
      RegisterWrite(offset: 0x40, value: 1),  // clear the done flag
      RegisterWrite(offset: 0x44, value: 1),  // count
      RegisterWrite(offset: 0x48, value: 0x0707_0F0F),  // limits of bursts
    ]
    func write(_ address: UInt64, at offset: UInt32) {
      writes.append(RegisterWrite(offset: offset, value: UInt32(truncatingIfNeeded: address)))
      writes.append(RegisterWrite(offset: offset + 4, value: UInt32(truncatingIfNeeded: address >> 32)))
    }
    write(codeAddress, at: 0x50)
    for (number, base) in bases.enumerated() { write(base ?? .max, at: 0x60 + 8 * UInt32(number)) }
    registerWrites = writes
  }
}
