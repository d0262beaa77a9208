import Devices
import Inference
import SimulatedDPU
import TestSupport
import Tensors
import Testing
import Threads

/// Jobs over simulated cores, where everything goes well.
struct SchedulerTests {
  private let tiny = TinyModel()

  private func input(_ seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return random.int8s(tiny.inputByteCount).map { UInt8(bitPattern: $0) }
  }

  private func load(cores: Int, slots: Int? = nil) throws -> ScheduledModel {
    let device = try DPUDevice(SimulatedPort.tiny(coreCount: cores))
    return try Scheduler(devices: [device]).load(tiny.model(), host: device, scope: .whole, slots: slots)
  }

  @Test("results come in order, whatever the cores and the jobs in flight", arguments: [1, 2, 3], [1, 2, 5, 99])
  func order(cores: Int, inFlight: Int) throws {
    let model = try load(cores: cores)
    let stream = model.stream(inFlight: .fixed(inFlight))
    let count = 60
    runInBackground {
      for seed in 0..<count {
        guard let slot = try? stream.take() else { break }
        slot.withInput(0) { $0.copyBytes(from: input(UInt64(seed))) }
        if seed % 10 == 7 { stream.skip(slot) } else { stream.submit(slot) }
      }
      stream.finish()
    }
    var seed = 0
    while let slot = stream.next() {
      let error = thrownError(InferenceError.self) { try slot.checkResult() }
      if seed % 10 == 7 {
        #expect(error?.code == .skipped)
      } else {
        #expect(error == nil)
        #expect(slot.withOutput(0) { [UInt8]($0) } == tiny.expected(input(UInt64(seed))), "frame \(seed)")
        #expect(slot.timing.attempts == 1)
        #expect(slot.timing.coreTime.map { $0 > .zero } == true)
        #expect(slot.timing.queueTime >= .zero && slot.timing.runTime > .zero)
      }
      slot.giveBack()
      seed += 1
    }
    #expect(seed == count)
  }

  @Test("a stream of tasks gives the same results")
  func tasks() async throws {
    let model = try load(cores: 2)
    let stream = model.stream(inFlight: .automatic)
    async let producing: Void = {
      for seed in 0..<50 {
        let slot = try await stream.take()
        slot.withInput(0) { $0.copyBytes(from: input(UInt64(seed))) }
        stream.submit(slot)
      }
      stream.finish()
    }()
    var seed = 0
    while let slot = await stream.next() {
      try slot.checkResult()
      #expect(slot.withOutput(0) { [UInt8]($0) } == tiny.expected(input(UInt64(seed))), "frame \(seed)")
      slot.giveBack()
      seed += 1
    }
    try await producing
    #expect(seed == 50)
    #expect(stream.inFlight >= 1 && stream.inFlight <= model.slotCount)
  }

  @Test("threads and tasks that fill one stream get places by turns")
  func bothKindsOfProducers() throws {
    let device = EmptyDevice()
    let model = try Scheduler(devices: [device]).load(tiny.model(), host: device, scope: .whole, slots: 2)
    let stream = model.stream(inFlight: .fixed(1))
    let counts = Monitor((threads: 0, tasks: 0))
    let endedCount = Monitor(0)
    runInBackground {
      while let slot = try? stream.take() {
        counts.updateQuietly { $0.threads += 1 }
        stream.submit(slot)
      }
      endedCount.update { $0 += 1 }
    }
    runInBackground {
      TaskThread.run { () async in
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<4 {
            group.addTask {
              while let slot = try? await stream.take() {
                counts.updateQuietly { $0.tasks += 1 }
                stream.submit(slot)
              }
            }
          }
        }
      }
      endedCount.update { $0 += 1 }
    }
    func consume(while isWanted: (_ threads: Int, _ tasks: Int) -> Bool) {
      while isWanted(counts.updateQuietly { $0.threads }, counts.updateQuietly { $0.tasks }) {
        stream.next()?.giveBack()
      }
    }
    consume { $0 == 0 || $1 == 0 }
    let (threads, tasks) = counts.updateQuietly { $0 }
    consume { $0 + $1 < threads + tasks + 2000 }
    let later = counts.updateQuietly { $0 }
    #expect(later.threads - threads >= 200 && later.tasks - tasks >= 200, "\(later) after \((threads, tasks))")
    stream.cancel()
    while let slot = stream.next() { slot.giveBack() }
    #expect(endedCount.wait(timeLimit: .seconds(60)) { $0 == 2 ? true : nil } == true)
  }

  @Test("tasks beyond the buffers wait for some, and all are answered")
  func manyTasks() async throws {
    let model = try load(cores: 2, slots: 3)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for seed in UInt64(0)..<40 {
        group.addTask {
          try await model.run(
            fill: { $0.withInput(0) { $0.copyBytes(from: input(seed)) } },
            read: { $0.withOutput(0) { [UInt8]($0) } == tiny.expected(input(seed)) })
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
    let slots = try (0..<3).map { _ in try model.takeSlotNow() }
    #expect(thrownError(InferenceError.self) { try model.takeSlotNow() }?.code == .busy)
    for slot in slots { slot.giveBack() }
  }

  @Test("several models share the cores")
  func models() throws {
    let device = try DPUDevice(SimulatedPort.tiny(coreCount: 2))
    let scheduler = try Scheduler(devices: [device])
    var small = TinyModel()
    small.extents = (2, 3)
    let shapes = [tiny, small]
    let models = try shapes.map { try scheduler.load($0.model(), host: device, scope: .whole) }
    for seed in UInt64(0)..<10 {
      for (shape, model) in zip(shapes, models) {
        var random = SeededGenerator(seed: seed)
        let input = random.int8s(shape.inputByteCount).map { UInt8(bitPattern: $0) }
        let output = try model.runAndWait(
          fill: { $0.withInput(0) { $0.copyBytes(from: input) } }, read: { $0.withOutput(0) { [UInt8]($0) } })
        #expect(output == shape.expected(input), "seed \(seed)")
      }
    }
    #expect(scheduler.statistics.cores.reduce(0) { $0 + $1.finishCount } == 20)
  }

  @Test("a model leaves with its last holder, and its buffers with it")
  func unloading() throws {
    let port = try SimulatedPort.tiny(coreCount: 2)
    let device = try DPUDevice(port)
    let scheduler = try Scheduler(devices: [device])
    for _ in 0..<3 {
      var model: ScheduledModel? = try scheduler.load(tiny.model(), host: device, scope: .whole)
      #expect(port.bufferCount > 0)
      let slot = try model?.takeSlotNow()
      model = nil
      // What is lent is kept until it is given back.
      #expect(port.bufferCount > 0)
      try slot?.runAndWait()
      slot?.giveBack()
    }
    #expect(port.bufferCount == 0)
  }

  @Test("jobs of a scheduler that nobody holds any more are told so")
  func closing() throws {
    var model: ScheduledModel? = try load(cores: 1)
    let slot = try #require(try model?.takeSlotNow())
    model = nil
    let error = thrownError(InferenceError.self) { try slot.runAndWait() }
    #expect(error?.code == .closed)
    slot.giveBack()
  }
}
