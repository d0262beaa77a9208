/// What the four engines of a core say of a job: the first thing to look at when it does not end.
package struct EngineCounters: Equatable, Sendable, CustomStringConvertible {
  /// Instructions of one engine.
  package struct Engine: Equatable, Sendable {
    /// Instructions that it began.
    package var started: Int
    /// Instructions that it finished.
    package var ended: Int

    /// Makes a pair of counts.
    package init(started: Int = 0, ended: Int = 0) {
      self.started = started
      self.ended = ended
    }
  }

  /// Memory to banks.
  package var load: Engine
  /// Convolutions.
  package var convolution: Engine
  /// Banks to memory.
  package var save: Engine
  /// Everything else: pooling, depthwise convolution, element by element.
  package var miscellaneous: Engine
  /// Cycles from the start of the job.
  package var cycles: UInt64

  /// Makes counters.
  package init(
    load: Engine = Engine(), convolution: Engine = Engine(), save: Engine = Engine(),
    miscellaneous: Engine = Engine(), cycles: UInt64 = 0
  ) {
    self.load = load
    self.convolution = convolution
    self.save = save
    self.miscellaneous = miscellaneous
    self.cycles = cycles
  }

  /// Reads the counters out of their registers.
  package init(reading read: (CoreRegister) throws(DeviceError) -> UInt32) throws(DeviceError) {
    func engine(_ started: CoreRegister, _ ended: CoreRegister) throws(DeviceError) -> Engine {
      Engine(started: Int(try read(started)), ended: Int(try read(ended)))
    }
    load = try engine(.loadsStarted, .loadsEnded)
    convolution = try engine(.convolutionsStarted, .convolutionsEnded)
    save = try engine(.savesStarted, .savesEnded)
    miscellaneous = try engine(.miscellaneousStarted, .miscellaneousEnded)
    cycles = UInt64(try read(.cyclesHigh)) << 32 | UInt64(try read(.cyclesLow))
  }

  private var engines: [(name: String, counts: Engine)] {
    [("load", load), ("conv", convolution), ("save", save), ("misc", miscellaneous)]
  }

  /// The counts of every engine, ended of started.
  package var description: String {
    engines.map { "\($0.name) \($0.counts.ended) of \($0.counts.started)" }.joined(separator: ", ")
      + " instructions ended, \(cycles) cycles"
  }

  /// What the counts of a job that does not end point to.
  ///
  /// - Source: inferred from the counters that users of Vitis AI reported with their hangs; see docs/dpu-job.md.
  package var diagnosis: String {
    if engines.allSatisfy({ $0.counts.started == 0 }) {
      return "no instruction was started: the core never fetched code, so the code address is wrong, the code was not "
        + "synced, or the programmable logic holds another design or has no clock"
    }
    let stuck = engines.filter { $0.counts.started > $0.counts.ended }
    guard stuck.isEmpty else {
      let names = stuck.map(\.name).joined(separator: " and ")
      return "the \(names) engine\(stuck.count == 1 ? " is" : "s are") stuck in an instruction: an address leads "
        + "nowhere, or the memory port's width or routing is wrong"
    }
    return "every started instruction has ended, the next ones wait for each other: the program is made for another "
      + "core, or it is damaged"
  }
}
