import Devices
import Glibc
import Inference
import SimulatedDPU
import TestSupport
import Tensors
import Testing
import Threads

/// Which job a scheduler starts next, and on how many devices at a time.
struct SchedulerOrderTests {
  /// What is submitted behind the job that holds the core, and in which order it is to start.
  private static let priorities: [JobPriority] = [.low, .low, .normal, .high, .low, .high]
  private static let order = [3, 5, 2, 0, 1, 4]

  /// The positions of some moments, the earliest first.
  private func order(of moments: [Moment]) -> [Int] { moments.indices.sorted { moments[$0] < moments[$1] } }

  @Test("jobs that wait in a stream start by priority, and those of one priority as they came")
  func prioritiesInAStream() throws {
    let (device, isHeld) = EmptyDevice.held()
    let scheduler = try Scheduler(devices: [device])
    let model = try scheduler.load(TinyModel().model(), host: device, scope: .whole, slots: 7)
    let stream = model.stream(inFlight: .fixed(7))
    for priority in [.low] + Self.priorities { stream.submit(try stream.take(), JobOptions(priority: priority)) }
    stream.finish()
    #expect(scheduler.statistics.runningCount == 1 && scheduler.statistics.waitingCount == 6)
    isHeld.update { $0 = false }
    var starts: [Moment] = []
    while let slot = stream.next() {
      try slot.checkResult()
      starts.append(slot.timing.started)
      slot.giveBack()
    }
    #expect(order(of: starts) == [0] + Self.order.map { $0 + 1 })
  }

  @Test("so do jobs of threads that wait for the core to drive it themselves")
  func prioritiesOfThreads() throws {
    let (device, isHeld) = EmptyDevice.held()
    let scheduler = try Scheduler(devices: [device])
    let model = try scheduler.load(TinyModel().model(), host: device, scope: .whole, slots: 7)
    let starts = Monitor<[Int: Moment]>([:])
    for (number, priority) in ([.low] + Self.priorities).enumerated() {
      let slot = try model.takeSlotNow()
      runInBackground {
        try? slot.runAndWait(JobOptions(priority: priority))
        starts.update { $0[number] = slot.timing.started }
        slot.giveBack()
      }
      // Each comes after those before it.
      for _ in 0..<6000 where scheduler.statistics.underwayCount <= number { usleep(10_000) }
      try #require(scheduler.statistics.underwayCount == number + 1)
    }
    isHeld.update { $0 = false }
    let all = try #require(starts.wait(timeLimit: .seconds(60)) { $0.count == 7 ? $0 : nil })
    #expect(order(of: (0..<7).compactMap { all[$0] }) == [0] + Self.order.map { $0 + 1 })
  }

  @Test("two devices have a job in hand at the same time, and the results are right and in order")
  func twoDevices() throws {
    let tiny = TinyModel()
    // The first job of each device ends only once the other device has one too.
    let working = Monitor<Set<Int>>([])
    let devices = try (0..<2).map { number in
      let port = InterceptingPort(try SimulatedPort.tiny()) { (call) throws(DeviceError) in
        guard case .wait = call else { return }
        working.update { _ = $0.insert(number) }
        guard working.wait(timeLimit: .seconds(10), until: { $0.count == 2 ? true : nil }) != nil else {
          throw DeviceError(.failed, "device \(number) works alone")
        }
      }
      return try DPUDevice(port)
    }
    let scheduler = try Scheduler(devices: devices)
    let model = try scheduler.load(tiny.model(), host: devices[0], scope: .whole)
    let inputs = (UInt64(0)..<24).map { seed in
      var random = SeededGenerator(seed: seed)
      return random.int8s(tiny.inputByteCount).map { UInt8(bitPattern: $0) }
    }
    let stream = model.stream(inFlight: .fixed(4))
    runInBackground {
      for input in inputs {
        guard let slot = try? stream.take() else { return }
        slot.withInput(0) { $0.copyBytes(from: input) }
        stream.submit(slot)
      }
      stream.finish()
    }
    var count = 0
    while let slot = stream.next() {
      try slot.checkResult()
      #expect(slot.withOutput(0) { [UInt8]($0) } == tiny.expected(inputs[count]), "frame \(count)")
      slot.giveBack()
      count += 1
    }
    #expect(count == inputs.count)
    let finished = scheduler.statistics.cores.map(\.finishCount)
    #expect(finished.allSatisfy { $0 > 0 } && finished.reduce(0, +) == count, "\(finished)")
  }
}
