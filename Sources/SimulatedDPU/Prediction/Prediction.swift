/// When each instruction of a program would start and end on a core, and what follows from it.
package struct Prediction: Equatable, Sendable {
  /// One instruction on the time line.
  package struct Step: Equatable, Sendable {
    /// Its kind.
    package let opcode: Opcode
    /// The cycle in which it starts.
    package let start: Int
    /// The cycle in which it is done.
    package let end: Int
    /// Bytes that it moves between memory and banks.
    package let byteCount: Int

    /// The engine that executes it.
    package var engine: Engine { opcode.engine }
  }

  /// The core.
  package let target: DPUTarget
  /// What instructions cost beyond their work.
  package let costs: CycleCosts
  /// The instructions in the order of the program.
  package let steps: [Step]
  /// Cycles from the start of the job to its end.
  package let cycles: Int
  /// Bytes that LOADs read from memory.
  package let loadedByteCount: Int
  /// Bytes that SAVEs write to memory.
  package let savedByteCount: Int
  private let busy: [Int]

  /// Sums up instructions.
  init(target: DPUTarget, costs: CycleCosts, steps: [Step]) {
    self.target = target
    self.costs = costs
    self.steps = steps
    cycles = steps.map(\.end).max() ?? 0
    loadedByteCount = steps.reduce(0) { $0 + ($1.engine == .load ? $1.byteCount : 0) }
    savedByteCount = steps.reduce(0) { $0 + ($1.engine == .save ? $1.byteCount : 0) }
    var busy = [Int](repeating: 0, count: Engine.allCases.count)
    var ends = busy
    for step in steps {
      // Two SAVEs may be under way at a time; the cycles that they share count once.
      let place = step.engine.rawValue
      busy[place] += max(0, step.end - max(step.start, ends[place]))
      ends[place] = max(ends[place], step.end)
    }
    self.busy = busy
  }

  /// Cycles in which an engine has work.
  package func busyCycles(of engine: Engine) -> Int { busy[engine.rawValue] }

  /// The part of the time in which an engine has work, from 0 to 1.
  package func occupancy(of engine: Engine) -> Double {
    cycles == 0 ? 0 : Double(busyCycles(of: engine)) / Double(cycles)
  }

  /// The engine with the most work.
  package var busiestEngine: Engine {
    Engine.allCases.max { busyCycles(of: $0) < busyCycles(of: $1) } ?? .conv
  }

  /// The multiplications that the array could do in the whole time.
  package var multiplierSlots: Double {
    Double((target.fingerprint.array?.peakOperationsPerCycle ?? 0) / 2) * Double(cycles)
  }

  /// The time of one run at a clock.
  ///
  /// - Units: Milliseconds; the clock in MHz.
  package func milliseconds(atMegahertz megahertz: Double) -> Double { Double(cycles) / (megahertz * 1000) }
}
