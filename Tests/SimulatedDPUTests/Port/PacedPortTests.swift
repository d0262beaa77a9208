import Devices
import SimulatedDPU
import TestSupport
import Testing
import Threads

struct PacedPortTests {
  private let tiny = TinyModel()

  private func port(cores: Int = 1, milliseconds: Int) -> PacedPort {
    PacedPort(
      .init(fingerprint: .init(TinyModel.fingerprint), coreCount: cores, jobTime: .milliseconds(milliseconds)))
  }

  @Test("it says that there is no DPU")
  func description() {
    #expect(port(milliseconds: 1).description == DeviceDescription(kind: "paced", detail: "no DPU"))
  }

  @Test("a job takes no less than its time, leaves zeros, and is counted")
  func job() throws {
    let port = port(milliseconds: 20)
    let model = try tiny.model()
    let job = try DPUDevice(port).load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    job.withInput(0) { for index in $0.indices { $0[index] = 7 } }
    let start = Moment.now
    for _ in 0..<3 { try job.run() }
    #expect(Moment.now - start >= .milliseconds(60))
    #expect(job.coreTime.map { $0 >= .milliseconds(20) } == true)
    #expect(job.withOutput(0) { $0.allSatisfy { $0 == 0 } })
    #expect(port.jobCount(ofCore: 0) == 3)
  }

  @Test("a core has one job at a time, and a wait may be shorter than it")
  func waiting() throws {
    let port = port(cores: 2, milliseconds: 60_000)
    let command = StartCommand(codeAddress: 0, bases: [UInt64?](repeating: nil, count: 8))
    #expect(try port.wait(forCore: 0, timeLimit: .zero) == .completed)
    try port.start(command, onCore: 0)
    #expect(try port.wait(forCore: 0, timeLimit: .milliseconds(5)) == .running)
    #expect(thrownError(DeviceError.self) { try port.start(command, onCore: 0) }?.code == .failed)
    try port.start(command, onCore: 1)
    #expect(thrownError(DeviceError.self) { try port.start(command, onCore: 2) }?.code == .failed)
  }

  @Test("buffers lie apart, and syncs outside them are refused")
  func buffers() throws {
    let port = port(milliseconds: 0)
    let buffers = try (0..<3).map { _ in try port.allocate(byteCount: 5000) }
    #expect(Set(buffers.map(\.address)).count == 3)
    #expect(buffers.allSatisfy { $0.address % 4096 == 0 })
    #expect(thrownError(DeviceError.self) { try buffers[0].syncToDevice(4000..<5001) }?.code == .failed)
    #expect(thrownError(DeviceError.self) { try port.allocate(byteCount: 0) }?.code == .failed)
  }
}
