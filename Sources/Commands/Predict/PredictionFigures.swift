import SimulatedDPU
import XModel

/// The sums of one predicted program, or of several that run one after another for a frame.
struct PredictionFigures {
  private(set) var cycles = 0
  /// Cycles without any cost beyond the work.
  private(set) var idealCycles = 0
  /// Cycles in which each engine has work, by its number.
  private(set) var busyCycles = [Int](repeating: 0, count: Engine.allCases.count)
  private(set) var instructionCounts = [Int](repeating: 0, count: Engine.allCases.count)
  private(set) var loadedByteCount = 0
  private(set) var savedByteCount = 0
  private(set) var multiplyAccumulates = 0
  private var multiplierSlots = 0.0

  /// No program.
  init() {}

  /// The sums of one program.
  init(_ prediction: Prediction, ideal: Prediction, multiplyAccumulates: Int) {
    cycles = prediction.cycles
    idealCycles = ideal.cycles
    busyCycles = Engine.allCases.map { prediction.busyCycles(of: $0) }
    for step in prediction.steps { instructionCounts[step.engine.rawValue] += 1 }
    loadedByteCount = prediction.loadedByteCount
    savedByteCount = prediction.savedByteCount
    self.multiplyAccumulates = multiplyAccumulates
    multiplierSlots = prediction.multiplierSlots
  }

  /// Adds a program that runs after the others.
  static func += (sum: inout PredictionFigures, other: PredictionFigures) {
    sum.cycles += other.cycles
    sum.idealCycles += other.idealCycles
    for engine in Engine.allCases.map(\.rawValue) {
      sum.busyCycles[engine] += other.busyCycles[engine]
      sum.instructionCounts[engine] += other.instructionCounts[engine]
    }
    sum.loadedByteCount += other.loadedByteCount
    sum.savedByteCount += other.savedByteCount
    sum.multiplyAccumulates = sum.multiplyAccumulates.saturatingAdd(other.multiplyAccumulates)
    sum.multiplierSlots += other.multiplierSlots
  }

  /// The part of the time in which an engine has work, from 0 to 1.
  func occupancy(of engine: Engine) -> Double {
    cycles == 0 ? 0 : Double(busyCycles[engine.rawValue]) / Double(cycles)
  }

  /// The part of what the multipliers could do that the model asks for, from 0 to 1.
  var multiplierUse: Double { multiplierSlots == 0 ? 0 : Double(multiplyAccumulates) / multiplierSlots }

  /// The engine with the most work.
  var busiestEngine: Engine {
    Engine.allCases.max { busyCycles[$0.rawValue] < busyCycles[$1.rawValue] } ?? .conv
  }

  /// Frames in a second of so many cores, each busy without a break; `nil` for programs that take no time.
  ///
  /// - Units: 1/s; the clock in MHz.
  func framesPerSecond(atMegahertz megahertz: Double, cores: Int) -> Double? {
    cycles == 0 ? nil : Double(cores) * megahertz * 1e6 / Double(cycles)
  }
}
