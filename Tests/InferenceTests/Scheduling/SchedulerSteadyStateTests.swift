import CAllocationCounter
import Inference
import TestSupport
import Testing
import Threads

/// What a job costs in memory once everything is warm: nothing.
@Suite(.enabled(if: allocation_counter_works(), "malloc is not counted here"))
struct SchedulerSteadyStateTests {
  /// What the threads that ran jobs had allocated at each of them.
  private final class Counts: Sendable {
    private struct State {
      var last: UInt64?
      var grown: UInt64 = 0
    }

    private let state = Monitor(State())

    /// Compares with the job before; to be called by jobs of one thread.
    func note() {
      let now = allocation_count_of_this_thread()
      state.update { state in
        state.grown += now - (state.last ?? now)
        state.last = now
      }
    }

    /// Allocations from job to job since the last call.
    func take() -> UInt64 {
      state.update { state in
        defer { state = State() }
        return state.grown
      }
    }
  }

  private let counts = Counts()

  private func load() throws -> ScheduledModel {
    let counts = counts
    let device = EmptyDevice { _ in counts.note() }
    return try Scheduler(devices: [device]).load(TinyModel().model(), host: device, scope: .whole, slots: 8)
  }

  @Test("a blocking call allocates nothing, neither here nor on the core's thread", arguments: [false, true])
  func blocking(hasDeadline: Bool) throws {
    let model = try load()
    func run(_ count: Int) throws {
      for _ in 0..<count {
        let options = hasDeadline ? JobOptions(within: .seconds(600)) : JobOptions()
        let slot = try model.waitForSlot(options)
        try slot.runAndWait(options)
        slot.giveBack()
      }
    }
    try run(50)
    _ = counts.take()
    let before = allocation_count_of_this_thread()
    try run(500)
    #expect(allocation_count_of_this_thread() == before)
    #expect(counts.take() == 0)
  }

  @Test("a stream allocates nothing from frame to frame")
  func stream() throws {
    let model = try load()
    let stream = model.stream(inFlight: .fixed(6))
    func run(_ count: Int) throws {
      for number in 0..<count + 5 {
        if number < count { stream.submit(try stream.take()) }
        if number >= 5 { stream.next()?.giveBack() }
      }
    }
    try run(50)
    _ = counts.take()
    let before = allocation_count_of_this_thread()
    try run(500)
    #expect(allocation_count_of_this_thread() == before)
    #expect(counts.take() == 0)
  }

  @Test("a task that awaits its jobs allocates nothing, neither here nor on the core's thread")
  func awaiting() throws {
    let model = try load()
    let counts = counts
    let grown = try TaskThread.run { () async throws(InferenceError) -> UInt64 in
      for _ in 0..<50 {
        let slot = try await model.slot()
        try await slot.run()
        slot.giveBack()
      }
      _ = counts.take()
      let before = allocation_count_of_this_thread()
      for _ in 0..<500 {
        let slot = try await model.slot()
        try await slot.run()
        slot.giveBack()
      }
      return allocation_count_of_this_thread() - before
    }
    #expect(grown == 0)
    #expect(counts.take() == 0)
  }
}
