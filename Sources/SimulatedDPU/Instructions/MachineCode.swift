/// A decoded and checked program of a core: the `mc_code` of a subgraph or of one superlayer.
///
/// The bytes are little-endian 32-bit words; word 0 of each instruction tells its kind and so its length. Nothing is
/// aligned, nothing stands between instructions, and the last one is END.
package struct MachineCode: Equatable, Sendable {
  /// The encoding.
  package let isa: ISA
  /// The instructions in the order of the program.
  package let instructions: [Instruction]
  /// The order in which instructions can run one by one: that of the program, unless tokens forbid it.
  package let schedule: [Int]

  /// Checks instructions and makes a program of them.
  ///
  /// - Throws: `.truncated` without END; `.afterEnd`; `.deadlock` and `.openTokens` where tokens do not close.
  package init(_ instructions: [Instruction], isa: ISA) throws(ProgramError) {
    guard let end = instructions.firstIndex(where: { $0.opcode == .end }) else {
      throw ProgramError(.truncated, "the program of \(instructions.count) instructions has no END")
    }
    guard end == instructions.count - 1 else {
      throw ProgramError(
        .afterEnd, "stands behind END (instruction \(end)), which ends a program",
        at: InstructionPlace(end + 1, instructions[end + 1]))
    }
    self.isa = isa
    self.instructions = instructions
    schedule = try DependencyTokens.schedule(of: instructions)
  }

  /// Decodes a whole program.
  ///
  /// - Throws: `.truncated`, `.unknownOpcode`, `.reservedBits`, `.afterEnd`, `.deadlock`, `.openTokens`.
  package init(decoding bytes: UnsafeRawBufferPointer, isa: ISA) throws(ProgramError) {
    let whole = bytes.count / 4
    var decoder = InstructionDecoder(isa: isa)
    var position = 0
    while position < whole {
      position += try decoder.decode { index in
        position + index < whole ? MachineCode.word(bytes, position + index) : nil
      }
      if decoder.hasEnd { break }
    }
    guard bytes.count % 4 == 0 else {
      throw ProgramError(
        .truncated, "the program has \(bytes.count) bytes, which is not a whole number of 4-byte words")
    }
    guard decoder.hasEnd else {
      throw ProgramError(
        .truncated,
        "the program of \(decoder.instructions.count) instructions has no END; \(bytes.count) bytes were read")
    }
    guard position == whole else {
      throw ProgramError(
        .afterEnd, "stands behind END (instruction \(decoder.instructions.count - 1)), which ends a program",
        at: InstructionPlace(
          index: decoder.instructions.count, opcode: nil, words: [MachineCode.word(bytes, position)]))
    }
    try self.init(decoder.instructions, isa: isa)
  }

  /// Decodes a whole program.
  ///
  /// - Throws: As for raw bytes.
  package init(decoding bytes: [UInt8], isa: ISA) throws(ProgramError) {
    // Closures with typed errors do not pass through Array.withUnsafeBytes.
    let result = bytes.withUnsafeBytes { raw in
      Result { () throws(ProgramError) -> MachineCode in try MachineCode(decoding: raw, isa: isa) }
    }
    self = try result.get()
  }

  /// The bytes that encode the program.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for instruction in instructions {
      for word in instruction.words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    }
    return bytes
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
  }
}

/// Takes instructions from words, one by one.
struct InstructionDecoder {
  let isa: ISA
  private(set) var instructions: [Instruction] = []

  init(isa: ISA) { self.isa = isa }

  /// Whether the last instruction was END.
  var hasEnd: Bool { instructions.last?.opcode == .end }

  /// Decodes one instruction.
  ///
  /// - Parameter word: Gives the word so many places behind the instruction's first, `nil` where there is none.
  /// - Returns: The number of words.
  /// - Throws: `.truncated`, `.unknownOpcode`, `.reservedBits`.
  mutating func decode(_ word: (Int) -> UInt32?) throws(ProgramError) -> Int {
    let index = instructions.count
    guard let first = word(0) else {
      throw ProgramError(
        .truncated, "the program has no END and its words stop here",
        at: InstructionPlace(index: index, opcode: nil, words: []))
    }
    guard let layout = isa.layout(code: first >> 28) else {
      throw ProgramError(
        .unknownOpcode, "\(isa) has no such instruction",
        at: InstructionPlace(index: index, opcode: nil, words: [first], field: "opcode", value: Int(first >> 28)))
    }
    var words = [first]
    while words.count < layout.wordCount {
      guard let next = word(words.count) else {
        throw ProgramError(
          .truncated, "has \(layout.wordCount) words, but the program stops after \(words.count) of them",
          at: InstructionPlace(index: index, opcode: layout.opcode, words: words))
      }
      words.append(next)
    }
    for bits in layout.reserved {
      let value = bits.extract(from: words[bits.word])
      guard value == 0 else {
        throw ProgramError(
          .reservedBits, "these bits are always 0",
          at: InstructionPlace(
            index: index, opcode: layout.opcode, words: words,
            field: "word \(bits.word) bits \(bits.highest):\(bits.lowest)", value: Int(value)))
      }
    }
    instructions.append(Instruction(layout, words: words))
    return layout.wordCount
  }
}
