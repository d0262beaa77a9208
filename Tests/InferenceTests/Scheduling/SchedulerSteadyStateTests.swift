import CAllocationCounter
import Devices
import Glibc
import Inference
import TestSupport
import Testing
import Threads

/// What a job costs in memory once everything is warm: nothing.
@Suite(.enabled(if: allocation_counter_works(), "malloc is not counted here"))
struct SchedulerSteadyStateTests {
  /// What a thread had allocated whenever it came by: that which runs jobs at each of them.
  private final class Counts: Sendable {
    private struct State {
      var last: UInt64?
      var grown: UInt64 = 0
      var count = 0
    }

    private let state = Monitor(State())

    /// How often the thread came by since the last take.
    var count: Int { state.update { $0.count } }

    /// Compares with the time before; to be called on one thread.
    func note() {
      let now = allocation_count_of_this_thread()
      state.update { state in
        state.grown += now - (state.last ?? now)
        state.last = now
        state.count += 1
      }
    }

    /// Allocations from the first time to the last since the last call.
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

  /// A core that is out is looked at by the thread that looks after deadlines: so a test sees what that allocates.
  ///
  /// Core 0 fails at its first job; all others run on core 1.
  private func loadWatched(
    looks: Counts, _ body: @escaping @Sendable () -> Void
  ) throws -> ScheduledModel {
    let counts = counts
    let device = EmptyDevice(
      coreCount: 2,
      { (core) throws(DeviceError) in
        if core == 0 { throw DeviceError(.unavailable, "core 0 is out") }
        counts.note()
        body()
      },
      recovery: { _ in
        looks.note()
        return false
      })
    let model = try Scheduler(devices: [device]).load(TinyModel().model(), host: device, scope: .whole, slots: 6)
    for _ in 0..<50 { try model.runAndWait(fill: { _ in }, read: { _ in }) }
    #expect(model.activeCores == [1])
    // Those ran on this thread.
    _ = counts.take()
    return model
  }

  @Test("jobs whose time passes cost nothing either, nor does the thread that watches the time")
  func late() throws {
    let looks = Counts()
    let isSlow = Monitor(false)
    let model = try loadWatched(looks: looks) { if isSlow.update({ $0 }) { usleep(2000) } }
    let stream = model.stream(inFlight: .fixed(2))
    isSlow.update { $0 = true }
    var lateCount = 0
    func runOne() throws {
      stream.submit(try stream.take(), JobOptions(within: .milliseconds(1)))
      guard let slot = stream.next() else { return }
      // Answered before it ended, or even started.
      if slot.timing.totalTime == .zero { lateCount += 1 }
      slot.giveBack()
    }
    for _ in 0..<20 { try runOne() }
    _ = counts.take()
    lateCount = 0
    let before = allocation_count_of_this_thread()
    while looks.count < 3 { try runOne() }
    #expect(allocation_count_of_this_thread() == before)
    #expect(counts.take() == 0)
    #expect(looks.take() == 0)
    #expect(lateCount > 20)
  }

  @Test("nor does watching the time of those who wait for buffers")
  func lateAtTheDoor() throws {
    let looks = Counts()
    let model = try loadWatched(looks: looks) {}
    let slots = try (0..<model.slotCount).map { _ in try model.takeSlotNow() }
    let lateCount = try TaskThread.run { () async throws(InferenceError) -> Int in
      var count = 0
      while looks.count < 3 {
        do throws(InferenceError) { try await model.slot(JobOptions(within: .milliseconds(1))).giveBack() } catch {
          guard error.code == .deadlinePassed else { throw error }
          count += 1
        }
      }
      return count
    }
    #expect(looks.take() == 0)
    #expect(lateCount > 20)
    for slot in slots { slot.giveBack() }
  }
}
