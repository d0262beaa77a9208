import CSimulatedKernels

/// A DPU core that executes compiled programs, bit for bit.
///
/// A core is used by one thread at a time. Banks keep their contents from one run to the next, as the hardware's do.
package final class SimulatedCore {
  /// The geometry of the core.
  package let target: DPUTarget
  private let memory: any DeviceMemory
  private let banks: Banks
  private let scratch = Scratch()
  private let kernels: dpus_kernels
  private var programs = ProgramCache()

  /// Makes a core whose banks hold garbage.
  ///
  /// - Parameters:
  ///   - target: The geometry.
  ///   - memory: What code and register addresses lead to.
  ///   - seed: Which garbage.
  ///   - kernels: Which inner loops; those that the processor does not have are a programmer's error.
  package init(target: DPUTarget, memory: any DeviceMemory, seed: UInt64, kernels: Kernels = .best) {
    self.target = target
    self.memory = memory
    self.kernels = kernels.functions
    banks = Banks(target: target, seed: seed)
  }

  /// Runs a program from its first instruction to END.
  ///
  /// - Parameters:
  ///   - codeAddress: Where the program begins.
  ///   - bases: The register REG_n at place n; `nil` or missing where it holds no base.
  ///   - order: The order of instructions.
  /// - Returns: What was done.
  /// - Throws: `CoreFault`; for faults of memory, instructions before that one have had their effects.
  package func run(
    codeAddress: UInt64, bases: [UInt64?], order: IssueOrder = .program
  ) throws(CoreFault) -> CoreCounters {
    let program = try programs.program(at: codeAddress, in: memory, for: target)
    let regions = RegionMemory(memory, bases: bases)
    switch order {
    case .program: return try runInOrder(program, regions)
    case .random(let seed):
      var issue = RandomIssue(program, seed: seed)
      return try issue.run { (index, elements) throws(CoreFault) in
        try self.execute(program.operations[index], elements, regions)
      }
    }
  }

  private func runInOrder(_ program: PreparedProgram, _ regions: RegionMemory) throws(CoreFault) -> CoreCounters {
    var counters = CoreCounters()
    for index in program.code.schedule {
      let operation = program.operations[index]
      let engine = program.engines[index]
      counters[engine].started += 1
      do throws(CoreFault) {
        try execute(operation, nil, regions)
      } catch {
        var fault = error
        fault.counters = counters
        throw fault
      }
      counters.finish(operation, on: engine)
    }
    return counters
  }

  /// Does what an instruction does, or of a transfer only some elements.
  private func execute(
    _ operation: Operation, _ elements: Range<Int>?, _ regions: RegionMemory
  ) throws(CoreFault) {
    switch operation {
    case .nothing: break
    case .load(let load): try load.run(elements ?? 0..<load.elements, banks: banks, memory: regions)
    case .save(let save): try save.run(elements ?? 0..<save.elements, banks: banks, memory: regions)
    case .convolution(let convolution): convolution.run(banks, kernels, scratch)
    case .channelwise(let operation): operation.run(banks, kernels, scratch)
    case .elementwise(let operation): operation.run(banks, kernels, scratch)
    }
  }
}

extension CoreCounters {
  /// Counts an instruction that is done.
  mutating func finish(_ operation: Operation, on engine: Engine) {
    self[engine].finished += 1
    switch operation {
    case .load(let load): loadedByteCount += load.byteCount
    case .save(let save): savedByteCount += save.byteCount
    default: break
    }
  }
}
