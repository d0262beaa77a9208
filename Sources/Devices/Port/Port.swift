package import XModel

/// The way to the cores of a DPU: memory that they reach, a start, an end, and what their registers say.
///
/// A port moves bytes and starts cores; what belongs into which register and in what order, `DPUDevice` knows.
/// Every function may be called from several threads at a time, but one core has one user at a time.
package protocol Port: AnyObject, Sendable {
  /// What the port leads to.
  var description: DeviceDescription { get }
  /// The number of cores, numbered from 0.
  var coreCount: Int { get }
  /// How long a job may take before its core counts as hung, where the caller sets no limit.
  var usualTimeLimit: Duration { get }
  /// What a person does about a core that does not answer any more, as an instruction in one clause.
  var remedyForLostCore: String { get }

  /// The memory that buffers come from, `nil` where that can't be told.
  var room: MemoryRoom? { get }

  /// Reserves memory that the DPU reaches, at whole pages.
  ///
  /// - Parameter byteCount: At least 1.
  /// - Throws: `.outOfMemory` with what was free.
  func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer

  /// Reads a register of a core; none of them disturbs a running job.
  func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32

  /// Starts a core that is not running and returns at once.
  ///
  /// - Throws: `.unavailable` if the core can't be started any more, `.failed` for another reason.
  func start(_ command: StartCommand, onCore core: Int) throws(DeviceError)

  /// Waits until the job that was started on a core has ended, or until the time is up.
  ///
  /// - Parameter timeLimit: Zero only looks.
  /// - Returns: `completed` or `broken` once for each start; `completed` for a core that was not started.
  /// - Throws: `.failed` if it can't be told whether the job has ended.
  func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd
}

/// How a wait for a job came out.
package enum JobEnd: Equatable, Sendable {
  /// The job is done and its results are in memory.
  case completed
  /// The job ended without a result, and the core is free; the words say why.
  case broken(String)
  /// The time is up; the core may still be writing to the job's buffers.
  case running
}

extension Port {
  /// Nothing is known of the memory.
  package var room: MemoryRoom? { nil }

  /// The number of the configuration that a core was built with.
  package func fingerprint(ofCore core: Int) throws(DeviceError) -> Fingerprint {
    let low = try read(.fingerprintLow, ofCore: core)
    let high = try read(.fingerprintHigh, ofCore: core)
    return Fingerprint(UInt64(high) << 32 | UInt64(low))
  }

  /// What the engines of a core have done in its last job.
  package func counters(ofCore core: Int) throws(DeviceError) -> EngineCounters {
    try EngineCounters { (register) throws(DeviceError) -> UInt32 in try read(register, ofCore: core) }
  }
}
