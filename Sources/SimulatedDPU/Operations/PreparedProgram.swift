import CSimulatedKernels

/// What one instruction does, with all that program and core already fix worked out.
enum Operation {
  /// An INIT, whose fields others have taken up, or END.
  case nothing
  case load(LoadOperation)
  case save(SaveOperation)
  case convolution(ConvolutionOperation)
  case channelwise(ChannelwiseOperation)
  case elementwise(ElementwiseOperation)
}

/// A program made ready for a core: checked against its geometry, each instruction with its INIT.
struct PreparedProgram {
  /// The program.
  let code: MachineCode
  /// The engines of its instructions.
  let engines: [Engine]
  /// What its instructions do.
  let operations: [Operation]

  /// Checks a program against a core and works out what its instructions do.
  ///
  /// INITs can be resolved here because each engine works on its instructions in order.
  ///
  /// - Throws: `.invalid` and `.unsupported` naming instruction, field and value.
  init(_ code: MachineCode, for target: DPUTarget) throws(ProgramError) {
    var setups: [Opcode: (Int, Instruction)] = [:]
    var operands: [(Int, Instruction)] = []
    var operations: [Operation] = []
    operations.reserveCapacity(code.instructions.count)
    for (index, instruction) in code.instructions.enumerated() {
      let operation: Operation
      switch instruction.opcode {
      case .convinit, .poolinit, .dwinit, .aluinit:
        setups[instruction.opcode] = (index, instruction)
        operation = .nothing
      case .elewinit:
        operands.append((index, instruction))
        operation = .nothing
      case .elew:
        operation = .elementwise(
          try ElementwiseOperation(FieldReader(target, index, instruction), operands: operands))
        operands = []
      case .load: operation = .load(try LoadOperation(FieldReader(target, index, instruction)))
      case .save: operation = .save(try SaveOperation(FieldReader(target, index, instruction)))
      case .conv:
        let fields = try FieldReader(target, index, instruction, after: setups[.convinit], .convinit)
        operation = .convolution(try ConvolutionOperation(fields))
      case .pool:
        let fields = try FieldReader(target, index, instruction, after: setups[.poolinit], .poolinit)
        operation = .channelwise(try ChannelwiseOperation(pool: fields))
      case .dptwise:
        let fields = try FieldReader(target, index, instruction, after: setups[.dwinit], .dwinit)
        operation = .channelwise(try ChannelwiseOperation(dptwise: fields))
      case .alu:
        let fields = try FieldReader(target, index, instruction, after: setups[.aluinit], .aluinit)
        operation = .channelwise(try ChannelwiseOperation(alu: fields))
      case .end: operation = .nothing
      }
      operations.append(operation)
    }
    if let (index, instruction) = operands.first {
      throw ProgramError(.invalid, "no ELEW behind it uses this operand", at: InstructionPlace(index, instruction))
    }
    self.code = code
    engines = code.instructions.map(\.engine)
    self.operations = operations
  }
}
