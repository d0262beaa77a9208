/// What a core counts during a job.
package struct CoreCounters: Equatable, Sendable {
  /// Instructions of one engine.
  package struct Instructions: Equatable, Sendable {
    /// Those that began.
    package internal(set) var started = 0
    /// Those that ended.
    package internal(set) var finished = 0
  }

  private var engines = [Instructions](repeating: Instructions(), count: Engine.allCases.count)
  /// Bytes that LOADs read from memory.
  package internal(set) var loadedByteCount = 0
  /// Bytes that SAVEs wrote to memory.
  package internal(set) var savedByteCount = 0

  /// Makes counters at zero.
  package init() {}

  /// The instructions of an engine.
  package internal(set) subscript(engine: Engine) -> Instructions {
    get { engines[engine.rawValue] }
    set { engines[engine.rawValue] = newValue }
  }
}
