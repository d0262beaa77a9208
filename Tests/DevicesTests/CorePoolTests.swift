import Devices
import Glibc
import SimulatedDPU
import TestSupport
import Testing
import Threads
import XModel

/// Two jobs for one core, the second of them handed in while the first runs.
private final class QueuedPair: Sendable {
  private struct State {
    /// The threads that started jobs, in order.
    var starters: [UInt] = []
    /// The threads that carried inputs over, in order.
    var owners: [UInt] = []
  }

  /// When the second start is to be refused.
  let refusal: DeviceError?
  private let state = Monitor(State())

  init(refusal: DeviceError? = nil) { self.refusal = refusal }

  /// Runs both, and says how the second came out.
  ///
  /// - Parameter pause: How long the second has to join the queue once its inputs are there.
  func run(pause: Duration, coreLimit: Duration = .seconds(60)) throws -> Result<Void, DeviceError> {
    let tiny = TinyModel()
    let model = try tiny.model()
    let port = InterceptingPort(try SimulatedPort.tiny()) { [self] call throws(DeviceError) in
      try see(call, pause: pause)
    }
    let device = try DPUDevice(port, timeLimits: .init(core: coreLimit, job: .seconds(60)))
    let program = try device.load(tiny.partition(of: model), of: model, batch: 1)
    state.update { $0 = State() }
    let first = try OwnThread { try? program.makeJob().run() }
    _ = state.wait { $0.starters.isEmpty ? nil : () }
    let outcome = Monitor<Result<Void, DeviceError>?>(nil)
    let second = try OwnThread {
      let result = Result { () throws(DeviceError) in try program.makeJob().run() }
      outcome.update { $0 = result }
    }
    first.join()
    second.join()
    // Whatever became of the two, the core is there for the next.
    let third = try program.makeJob()
    third.withInput(0) { $0.copyBytes(from: [UInt8](repeating: 5, count: $0.count)) }
    try third.run()
    #expect(third.withOutput(0) { [UInt8]($0) } == tiny.expected([UInt8](repeating: 5, count: 72)))
    return try #require(outcome.update { $0 })
  }

  /// The threads that started the first two jobs, and those whose jobs they were.
  var threads: (starters: [UInt], owners: [UInt]) {
    state.update { (Array($0.starters.prefix(2)), Array($0.owners.prefix(2))) }
  }

  private func see(_ call: PortCall, pause: Duration) throws(DeviceError) {
    switch call {
    case .syncToDevice: state.update { $0.owners.append(UInt(pthread_self())) }
    case .start:
      let isSecond = state.update { state in
        state.starters.append(UInt(pthread_self()))
        return state.starters.count == 2
      }
      if isSecond, let refusal { throw refusal }
    case .wait:
      // The first job ends when the second has its inputs and time to ask for the core.
      guard state.update({ $0.starters.count == 1 }) else { return }
      _ = state.wait { $0.owners.count < 2 ? nil : () }
      _ = state.wait(timeLimit: pause) { _ -> Void? in nil }
    case .allocate, .syncFromDevice, .read: break
    }
  }
}

struct CorePoolTests {
  /// Longer and longer pauses: on a busy machine the second job may take its time to join the queue.
  private static let pauses: [Duration] = [20, 100, 500, 2000, 8000].map { .milliseconds($0) }

  /// Repeats the pair until the second job was started for it by the first one's thread.
  private func handedOver(refusal: DeviceError? = nil) throws -> Result<Void, DeviceError>? {
    for pause in CorePoolTests.pauses {
      let pair = QueuedPair(refusal: refusal)
      let outcome = try pair.run(pause: pause)
      let (starters, owners) = pair.threads
      guard Set(owners).count == 2 else { continue }
      if starters == [owners[0], owners[0]] { return outcome }
    }
    return nil
  }

  @Test("the thread that sees a job's end starts the next one's, whose own thread then waits for it")
  func handover() throws {
    let outcome = try #require(try handedOver(), "the second job's own thread started it each time")
    #expect(throws: Never.self) { try outcome.get() }
  }

  @Test("a job that another thread could not start fails for its owner, and the core goes on")
  func refusal() throws {
    let refusal = DeviceError(.failed, "the driver did not like the command")
    let outcome = try #require(try handedOver(refusal: refusal), "the second job's own thread started it each time")
    let error = try #require(thrown(by: outcome))
    #expect(error.code == .failed)
    #expect(error.message.contains("core 0 could not be started: the driver did not like the command"))
  }

  @Test("who waits too long for a core is told so, and takes no core with it")
  func timeLimit() throws {
    let outcome = try QueuedPair().run(pause: .milliseconds(300), coreLimit: .milliseconds(1))
    // On a busy machine the second job may come after the end of the first.
    if let error = thrown(by: outcome) {
      #expect(error.code == .busy)
      #expect(error.message.contains("no core became free within"))
    }
  }

  private func thrown(by outcome: Result<Void, DeviceError>) -> DeviceError? {
    if case .failure(let error) = outcome { return error }
    return nil
  }

  @Test("jobs of many threads on two cores all give their own results")
  func crowd() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let device = try DPUDevice(try SimulatedPort.tiny(coreCount: 2))
    let program = try device.load(tiny.partition(of: model), of: model, batch: 1)
    let wrong = Monitor<[String]>([])
    var threads: [OwnThread] = []
    for number in 0..<8 {
      threads.append(
        try OwnThread {
          guard let job = try? program.makeJob() else {
            wrong.update { $0.append("thread \(number): no job") }
            return
          }
          for round in 0..<40 {
            let input = (0..<72).map { UInt8(truncatingIfNeeded: $0 * (number + 1) + round) }
            job.withInput(0) { $0.copyBytes(from: input) }
            do { try job.run() } catch { wrong.update { $0.append("\(error)") } }
            let output = job.withOutput(0) { [UInt8]($0) }
            if output != tiny.expected(input) { wrong.update { $0.append("thread \(number), round \(round)") } }
          }
        })
    }
    for thread in threads { thread.join() }
    #expect(wrong.update { $0 } == [])
    #expect(device.lostCoreCount == 0)
  }
}
