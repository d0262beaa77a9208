/// An instruction together with the INIT before it: a field is found in whichever of the two has it.
struct FieldReader {
  /// The geometry of the core that is to run it.
  let target: DPUTarget
  /// The number of the instruction.
  let index: Int
  /// The instruction.
  let instruction: Instruction
  private let setup: (index: Int, instruction: Instruction)?

  /// Reads an instruction that needs no INIT.
  init(_ target: DPUTarget, _ index: Int, _ instruction: Instruction) {
    self.init(target, index, instruction, setup: nil)
  }

  private init(_ target: DPUTarget, _ index: Int, _ instruction: Instruction, setup: (Int, Instruction)?) {
    self.target = target
    self.index = index
    self.instruction = instruction
    self.setup = setup
  }

  /// Reads an instruction and its INIT.
  ///
  /// - Throws: `.invalid` where no INIT stands before it.
  init(
    _ target: DPUTarget, _ index: Int, _ instruction: Instruction, after setup: (Int, Instruction)?, _ opcode: Opcode
  ) throws(ProgramError) {
    guard let setup else {
      throw ProgramError(
        .invalid, "no \(opcode) stands before it in the program", at: InstructionPlace(index, instruction))
    }
    self.init(target, index, instruction, setup: setup)
  }

  /// The value of a field.
  subscript(field: InstructionField) -> Int {
    if let place = instruction.layout.place(of: field) { return instruction.values[place] }
    guard let setup else { preconditionFailure("\(instruction.opcode) has no field \(field)") }
    return setup.instruction[field]
  }

  /// The value of a field that only one of the encodings has, else what the other one means by its absence.
  func value(_ field: InstructionField, absent value: Int) -> Int {
    has(field) ? self[field] : value
  }

  private func has(_ field: InstructionField) -> Bool {
    instruction.layout.place(of: field) != nil || setup?.instruction.layout.place(of: field) != nil
  }

  /// An error that blames a field.
  func fail(_ code: ProgramError.Code, _ field: InstructionField, _ problem: String) -> ProgramError {
    if instruction.layout.place(of: field) == nil, let setup {
      return ProgramError(
        code, "\(problem) (used by instruction \(index), \(instruction.opcode))",
        at: InstructionPlace(setup.index, setup.instruction, field))
    }
    return ProgramError(code, problem, at: InstructionPlace(index, instruction, field))
  }

  /// The image bank that a field names.
  ///
  /// - Throws: `.invalid` where it is none.
  func imageBank(_ field: InstructionField) throws(ProgramError) -> Int {
    guard case .image(let bank)? = target.bank(self[field]) else {
      throw fail(.invalid, field, "is no image bank; this core's are 0 to \(target.imageBankCount - 1)")
    }
    return bank
  }

  /// The rows that are computed at once, checked against what the engine can.
  ///
  /// - Throws: `.invalid` where they are more.
  func parallelRows(atMost parallelism: Int) throws(ProgramError) -> Int {
    guard self[.vpp] <= parallelism else {
      throw fail(
        .invalid, .vpp,
        "\(instruction.opcode) of this core (\(target.fingerprint.hexadecimal)) computes \(parallelism) rows at once")
    }
    return self[.vpp]
  }

  /// A shift of a bias, checked.
  ///
  /// - Throws: `.invalid` for more than 20.
  /// - Source: AMD's instruction simulator, which calls it a constraint of the hardware.
  func biasShift() throws(ProgramError) -> Int {
    guard self[.shiftBias] <= 20 else { throw fail(.invalid, .shiftBias, "the hardware shifts a bias by at most 20") }
    return self[.shiftBias]
  }
}
