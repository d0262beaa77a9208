/// Tells when each instruction of a program would start and end on a core, without executing it.
///
/// An instruction starts when the engines that it waits for have left their tokens, and not before the instruction in
/// front of it in its own engine has started. Its duration follows from its fields and from `CycleCosts`.
package struct CycleModel: Sendable {
  /// The core.
  package let target: DPUTarget
  /// What instructions cost beyond their work.
  package let costs: CycleCosts

  /// Makes a model of a core.
  package init(target: DPUTarget, costs: CycleCosts = .calibrated) {
    self.target = target
    self.costs = costs
  }

  /// Works out when instructions start and end.
  ///
  /// - Throws: `.invalid` and `.unsupported` for a program that the core can't run.
  package func predict(_ code: MachineCode) throws(ProgramError) -> Prediction {
    let program = try PreparedProgram(code, for: target)
    let fields = try FieldReader.all(of: code, for: target)
    var tokens = TokenTimes()
    var lastStart = [Int](repeating: 0, count: Engine.allCases.count)
    var steps = [Prediction.Step?](repeating: nil, count: code.instructions.count)
    for index in code.schedule {
      let instruction = code.instructions[index]
      let engine = instruction.engine
      let start = max(lastStart[engine.rawValue], tokens.take(instruction))
      let end = start + cycles(of: fields[index])
      lastStart[engine.rawValue] = start
      tokens.give(instruction, at: end)
      let byteCount =
        switch program.operations[index] {
        case .load(let load): load.byteCount
        case .save(let save): save.byteCount
        default: 0
        }
      steps[index] = Prediction.Step(opcode: instruction.opcode, start: start, end: end, byteCount: byteCount)
    }
    return Prediction(target: target, costs: costs, steps: steps.compactMap { $0 })
  }

  /// The duration of one instruction.
  private func cycles(of fields: FieldReader) -> Int {
    let instruction = fields.instruction
    switch instruction.opcode {
    case .load: return costs.transfer + transferWork(fields)
    case .save:
      let isScattered = fields[.jumpWrite] > fields[.channel]
      return costs.transfer + transferWork(fields) + (isScattered ? costs.scatteredPixel * fields[.length] : 0)
    case .conv, .dptwise, .alu: return costs.compute + windowWork(fields, fields[.kernelH] * fields[.kernelW])
    case .pool:
      // The reduction of a whole image has its kernel in fields of its own.
      let isReduction = fields[.poolType] == 2
      let taps =
        isReduction ? fields[.dsKernelH] * fields[.dsKernelW] : fields[.kernelH] * fields[.kernelW]
      return costs.compute + windowWork(fields, taps)
    case .elew: return costs.compute + fields[.num] * fields[.length] * fields[.channelGroup]
    case .convinit, .poolinit, .dwinit, .aluinit, .elewinit, .end: return 0
    }
  }

  private func transferWork(_ fields: FieldReader) -> Int {
    fields[.length] * ((fields[.channel] + target.bankWidth - 1) / target.bankWidth)
  }

  private func windowWork(_ fields: FieldReader, _ taps: Int) -> Int {
    fields[.length] * taps * fields[.channelGroup]
  }
}

/// When the tokens between engines become free, each pair first come, first served.
private struct TokenTimes {
  private struct Queue {
    var times: [Int] = []
    var next = 0
  }

  private var queues = [Queue](repeating: Queue(), count: Engine.allCases.count * Engine.allCases.count)

  init() {
    // At the start each engine has one token from itself.
    for engine in Engine.allCases { queues[TokenTimes.place(engine, engine)].times.append(0) }
  }

  private static func place(_ from: Engine, _ to: Engine) -> Int { Engine.allCases.count * from.rawValue + to.rawValue }

  /// Takes the tokens that an instruction waits for.
  ///
  /// - Returns: When the last of them is there.
  mutating func take(_ instruction: Instruction) -> Int {
    var latest = 0
    for other in instruction.waitsFor.members {
      let place = TokenTimes.place(other, instruction.engine)
      // The program's own schedule never takes a token before it is given.
      latest = max(latest, queues[place].times[queues[place].next])
      queues[place].next += 1
    }
    return latest
  }

  /// Leaves the tokens of an instruction that ends.
  mutating func give(_ instruction: Instruction, at time: Int) {
    for other in instruction.signals.members {
      queues[TokenTimes.place(instruction.engine, other)].times.append(time)
    }
  }
}

extension FieldReader {
  /// Every instruction of a program with the INIT that holds for it.
  static func all(of code: MachineCode, for target: DPUTarget) throws(ProgramError) -> [FieldReader] {
    var setups: [Opcode: (Int, Instruction)] = [:]
    var readers: [FieldReader] = []
    readers.reserveCapacity(code.instructions.count)
    for (index, instruction) in code.instructions.enumerated() {
      let setup: Opcode? =
        switch instruction.opcode {
        case .conv: .convinit
        case .pool: .poolinit
        case .dptwise: .dwinit
        case .alu: .aluinit
        default: nil
        }
      if let setup {
        readers.append(try FieldReader(target, index, instruction, after: setups[setup], setup))
      } else {
        setups[instruction.opcode] = (index, instruction)
        readers.append(FieldReader(target, index, instruction))
      }
    }
    return readers
  }
}
