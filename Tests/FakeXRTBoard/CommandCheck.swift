import Devices

/// Looks at a command as no driver does: whether every word is as a DPU core needs it.
///
/// It knows the packet from the fact tables alone, not from the code that makes it.
struct CommandCheck {
  /// What is written to the registers.
  let writes: [(offset: UInt32, value: UInt32)]
  /// What is wrong.
  let violations: [String]
  /// The one core that is named, `nil` for none or several.
  let core: Int?

  init(_ words: [UInt32], memory: BoardMemory) {
    let (header, mask) = (words[0], words[1])
    let core = mask.nonzeroBitCount == 1 ? mask.trailingZeroBitCount : nil
    var violations: [String] = []
    func demand(_ isRight: Bool, _ words: @autoclosure () -> String) {
      if !isRight { violations.append(words()) }
    }
    demand(core != nil, "mask \(hexadecimal(mask)) does not name one core")
    demand(header >> 23 & 31 == 5, "opcode \(header >> 23 & 31), expected 5")
    demand(header >> 12 & 0x7FF == 43, "count \(header >> 12 & 0x7FF), expected 43")
    demand(header & 1 << 4 != 0, "no timestamps are asked for")
    demand(header >> 28 == 0, "type \(header >> 28), expected 0")
    demand(header >> 10 & 3 == 0, "further masks are announced")
    let writes = stride(from: 2, to: 44, by: 2).map { (offset: words[$0], value: words[$0 + 1]) }

    let order: [UInt32] = [0x40, 0x44, 0x48, 0x50, 0x54] + (0..<16).map { 0x60 + 4 * $0 }
    demand(writes.map(\.offset) == order, "registers \(writes.map { hexadecimal($0.offset) }) are not in order")
    self.core = core
    self.writes = writes
    // Without the order, values have no meaning.
    guard violations.isEmpty else {
      self.violations = violations
      return
    }
    demand(writes[0].value == 1, "DONECLR is not 1")
    demand(writes[1].value == 1, "PROF_EN is not 1")
    demand(writes[2].value == 0x0707_0F0F, "HP_CMD is \(hexadecimal(writes[2].value))")
    func address(_ place: Int) -> UInt64 { UInt64(writes[place + 1].value) << 32 | UInt64(writes[place].value) }
    demand(memory.holds(address(3)), "the code address \(hexadecimal(address(3))) is in no live buffer")
    for number in 0..<8 {
      let base = address(5 + 2 * number)
      guard base != .max else { continue }
      demand(base < 1 << 40, "base \(number) at \(hexadecimal(base)) has more than 40 bits")
      demand(memory.holds(base), "base \(number) at \(hexadecimal(base)) is in no live buffer")
    }
    self.violations = violations
  }
}

/// A number in hexadecimal.
func hexadecimal(_ number: some FixedWidthInteger) -> String { "0x" + String(number, radix: 16) }
