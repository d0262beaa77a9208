package import Devices
import Synchronization
import Threads

/// The buffers of one job from a model's pool, lent to one owner until it gives them back.
///
/// The owner fills the inputs, runs, reads the outputs, and may do so again. Inputs and outputs are the device's own
/// memory where it lies in the host's reach.
package final class JobSlot: Sendable {
  /// Who is to be told of the answer.
  enum Waiter {
    case nobody
    /// A thread that also runs the job, when a core is free for it.
    case runner
    /// A thread that only waits.
    case thread
    case task(UnsafeContinuation<Void, Never>)
    case stream(JobStream, place: Int)
  }

  /// The number in the schedule.
  let number: Int
  let pool: ModelPool
  private let engine: SchedulerEngine
  /// What the waiting thread sleeps for.
  let signal = ThreadSignal()
  /// Whether no core has to do with the buffers.
  let isResting = Atomic<Bool>(true)

  // @unchecked: everything below is used with the engine's lock held, or by the one thread that has the job in hand.
  nonisolated(unsafe) var job: SessionJob
  /// The device in whose memory the buffers lie.
  nonisolated(unsafe) var home: Int
  nonisolated(unsafe) var waiter = Waiter.nobody
  nonisolated(unsafe) var answer: Schedule.Answer?
  nonisolated(unsafe) var lastFailure: DeviceError?
  /// The core that was given to a waiting runner.
  nonisolated(unsafe) var grantedCore: Int?
  /// Whether the waiting thread has to be woken.
  nonisolated(unsafe) var isAsleep = false
  /// Counts submissions, so that a late cancelling meets no other job.
  nonisolated(unsafe) var submission: UInt64 = 0
  nonisolated(unsafe) var cancelledSubmission: UInt64 = 0
  nonisolated(unsafe) var isLent = false
  /// The stream's place that the slot was taken for.
  nonisolated(unsafe) var place = 0
  nonisolated(unsafe) var times = JobTiming()

  init(number: Int, pool: ModelPool, engine: SchedulerEngine, job: SessionJob, home: Int) {
    self.number = number
    self.pool = pool
    self.engine = engine
    self.job = job
    self.home = home
  }

  /// When the last job was where, for its owner after its answer.
  package var timing: JobTiming { engine.timing(of: self) }

  /// How long each partition took in the last run, in order.
  package var stageTimes: [Duration] { job.stageTimes }

  /// Gives the buffer of an input to a closure, to be filled; the pointer must not leave it.
  package func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    checkThatItRests()
    return try job.withInput(index, body)
  }

  /// Gives the buffer of an output to a closure; the pointer must not leave it.
  package func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    checkThatItRests()
    return try job.withOutput(index, body)
  }

  /// Runs once and returns when the outputs are ready; keeps the calling thread.
  ///
  /// Without a deadline, the calling thread itself drives the core when one is free.
  ///
  /// - Throws: `.deviceFailed`, `.deadlinePassed`, `.noCoreLeft`, `.closed`.
  package func runAndWait(_ options: JobOptions = JobOptions()) throws(InferenceError) {
    try engine.runAndWait(self, options)
  }

  /// Runs once and comes back when the outputs are ready; keeps no thread.
  ///
  /// - Throws: As `runAndWait`, and `.cancelled` as soon as the task is cancelled.
  package func run(_ options: JobOptions = JobOptions()) async throws(InferenceError) {
    try await engine.run(self, options)
  }

  /// Runs once and shows each operation's tensor, dense, as it is made; beside the other jobs, out of their order.
  ///
  /// - Parameter observer: Gets the operation's index in the model and its bytes, valid during the call.
  /// - Returns: The operations whose tensors a device could not show, each with the reason.
  package func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] {
    checkThatItRests()
    return try job.run(observer: observer)
  }

  /// Gives the buffers back to the pool; where a core still has to do with them, they wait for it.
  package func giveBack() { engine.giveBack(self) }

  /// How the last job came out.
  ///
  /// - Throws: What its owner is to be told.
  package func checkResult() throws(InferenceError) {
    if let error = engine.error(of: self) { throw error }
  }

  private func checkThatItRests() {
    precondition(
      isResting.load(ordering: .acquiring),
      "the buffers of a job are used while it waits or runs; after an early answer they can only be given back")
  }
}
