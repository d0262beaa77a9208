package import Devices

/// A model that is resident in a scheduler, with a pool of buffers for its jobs.
package final class ScheduledModel: Sendable {
  /// The tensors to fill, in the order of the model's inputs.
  package let inputs: [TensorPort]
  /// The tensors at the end of the scope.
  package let outputs: [TensorPort]
  /// The model on the first device that runs it.
  package let session: Session
  /// Buffers that there are, each for one job.
  package let slotCount: Int
  /// How many jobs its cores hold at a time.
  package let placeCount: Int

  /// Keeps the threads.
  private let scheduler: Scheduler
  let pool: ModelPool
  var engine: SchedulerEngine { scheduler.engine }

  init(_ scheduler: Scheduler, _ pool: ModelPool, _ session: Session, slotCount: Int) {
    self.scheduler = scheduler
    self.pool = pool
    self.session = session
    self.slotCount = slotCount
    inputs = session.inputs
    outputs = session.outputs
    let devices = scheduler.engine.devices
    placeCount = pool.homes.reduce(0) { $0 + $1.cores.count * devices[$1.device].jobsPerCore }
  }

  deinit { scheduler.engine.close(pool) }

  /// The cores that run it and are given jobs now, by the scheduler's numbers.
  package var activeCores: [Int] { engine.activeCores(of: pool.anywhere) }

  /// Takes buffers if some are free and nobody waits for them.
  ///
  /// - Throws: `.busy`.
  package func takeSlotNow() throws(InferenceError) -> JobSlot {
    guard let slot = engine.takeNow(from: pool) else {
      throw InferenceError(
        .busy, "\(pool.path): the buffers of all \(slotCount) jobs are in use; try again later, or wait for some")
    }
    return slot
  }

  /// Waits for buffers, in the order of priority, deadline and coming; keeps the calling thread.
  ///
  /// - Throws: `.deadlinePassed`.
  package func waitForSlot(_ options: JobOptions = JobOptions()) throws(InferenceError) -> JobSlot {
    try engine.take(from: pool, options)
  }

  /// Waits for buffers, in the order of priority, deadline and coming; keeps no thread.
  ///
  /// - Throws: `.cancelled` when the task is cancelled, `.deadlinePassed`.
  package func slot(_ options: JobOptions = JobOptions()) async throws(InferenceError) -> JobSlot {
    try await engine.take(from: pool, options)
  }

  /// Runs one job from filling to reading; keeps no thread while it waits.
  ///
  /// - Parameters:
  ///   - options: How urgent it is, and until when.
  ///   - fill: Fills the inputs.
  ///   - read: Reads the outputs.
  /// - Throws: What filling or reading throws, else `InferenceError`.
  package func run<R>(
    _ options: JobOptions = JobOptions(), fill: (JobSlot) throws -> Void, read: (JobSlot) throws -> R
  ) async throws -> R {
    let slot = try await slot(options)
    defer { slot.giveBack() }
    try fill(slot)
    try await slot.run(options)
    return try read(slot)
  }

  /// Runs one job from filling to reading; keeps the calling thread.
  ///
  /// - Throws: What filling or reading throws, else `InferenceError`.
  package func runAndWait<R>(
    _ options: JobOptions = JobOptions(), fill: (JobSlot) throws -> Void, read: (JobSlot) throws -> R
  ) throws -> R {
    let slot = try waitForSlot(options)
    defer { slot.giveBack() }
    try fill(slot)
    try slot.runAndWait(options)
    return try read(slot)
  }

  /// Opens a stream of jobs whose results come in order.
  ///
  /// - Parameter inFlight: How many jobs are between being filled and being read.
  package func stream(inFlight: JobStream.InFlight) -> JobStream { JobStream(self, inFlight) }
}
