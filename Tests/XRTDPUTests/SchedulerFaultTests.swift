import Devices
import Foundation
import Inference
import SoftwareDPU
import TestSupport
import Testing
import XModel
import XRTDPU

/// What goes wrong on boards, and what a scheduler makes of it.
struct SchedulerFaultTests {
  /// A model resident on the cores of a fake board.
  private struct Bench {
    let board: FakeBoard
    let scheduler: Scheduler
    let model: ScheduledModel
    let expected: [UInt8]

    init(_ json: String, cores: Int, limit: Duration) throws {
      board = try FakeBoard(json)
      let device = try DPUDevice(
        board.port(cores: cores), timeLimits: .init(core: .seconds(60), job: limit))
      let file = try SampleModel.b4096.model()
      scheduler = try Scheduler(devices: [device])
      let host = SoftwareDevice(threadCount: 1)
      model = try scheduler.load(file, host: host, scope: .whole)
      let job = try Session(model: file, device: host, host: host, scope: .whole).makeJob()
      job.withInput(0, Bench.fill)
      try job.run()
      expected = job.withOutput(0) { [UInt8]($0) }
    }

    private static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 37) }
    }

    /// Whether a frame comes out right.
    func isRight() throws -> Bool {
      try model.runAndWait(
        fill: { $0.withInput(0, Bench.fill) }, read: { $0.withOutput(0) { [UInt8]($0) } == expected })
    }

    /// Runs frames four at a time; gives how many came out right.
    func rightCount(of frames: Int) throws -> Int {
      let stream = model.stream(inFlight: .fixed(4))
      var count = 0
      for number in 0..<frames + 3 {
        if number < frames {
          let slot = try stream.take()
          slot.withInput(0, Bench.fill)
          stream.submit(slot)
        }
        guard number >= 3, let slot = stream.next() else { continue }
        try slot.checkResult()
        if slot.withOutput(0, { [UInt8]($0) == expected }) { count += 1 }
        slot.giveBack()
      }
      return count
    }
  }

  @Test("a core that hangs is taken out, its jobs are run on the other, every answer is right")
  func hang() throws {
    let bench = try Bench(#"{"jobs": [{"job": 3, "hangs": true}]}"#, cores: 2, limit: .seconds(2))
    #expect(try bench.rightCount(of: 12) == 12)
    #expect(bench.scheduler.statistics.cores.count { $0.state == .out } == 1)
    #expect(try bench.isRight())
    #expect(try bench.board.report().violations == [])
  }

  @Test("a core that ends late is used again, and its late event disturbs no job")
  func late() throws {
    let bench = try Bench(#"{"jobs": [{"job": 0, "lateByMilliseconds": 5000}]}"#, cores: 1, limit: .seconds(2))
    let error = thrownError(InferenceError.self) { try bench.isRight() }
    #expect(error?.code == .deviceFailed && error?.cause?.code == .timedOut)
    for _ in 0..<6000 {
      if bench.scheduler.statistics.cores[0].state == .active { break }
      usleep(10_000)
    }
    #expect(try bench.rightCount(of: 6) == 6)
    #expect(try bench.board.report().violations == [])
  }

  @Test("a driver that has given up leaves no core, and says so")
  func deadlock() throws {
    let bench = try Bench(#"{"jobs": [{"job": 0, "errno": \#(EDEADLK)}]}"#, cores: 2, limit: .seconds(60))
    let error = thrownError(InferenceError.self) { try bench.isRight() }
    #expect(error?.code == .deviceFailed && error?.cause?.code == .unavailable)
    #expect(error?.message.contains("EDEADLK") == true)
    #expect(thrownError(InferenceError.self) { try bench.isRight() }?.code == .noCoreLeft)
  }

  @Test("a job that the driver ends in an error is run again", arguments: [5, 6, 8, 9])
  func broken(state: Int) throws {
    let bench = try Bench(#"{"jobs": [{"job": 1, "state": \#(state)}]}"#, cores: 2, limit: .seconds(60))
    #expect(try bench.rightCount(of: 6) == 6)
  }
}
