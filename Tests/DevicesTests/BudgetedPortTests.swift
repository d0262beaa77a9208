import Devices
import SimulatedDPU
import TestSupport
import Testing
import XModel

@Suite struct BudgetedPortTests {
  private static func port(_ byteCount: Int?) throws -> BudgetedPort {
    BudgetedPort(
      try SimulatedPort(SimulatedPort.Configuration(fingerprint: Fingerprint(0x100_0020_F601_4407))),
      byteCount: byteCount)
  }

  @Test("buffers take whole pages of the budget, and give them back with their end")
  func budget() throws {
    let port = try Self.port(3 * 4096)
    var buffers: [any DeviceBuffer] = [try port.allocate(byteCount: 1), try port.allocate(byteCount: 4097)]
    #expect(port.takenByteCount == 3 * 4096)
    #expect(throws: DeviceError.self) { _ = try port.allocate(byteCount: 1) }
    #expect(port.takenByteCount == 3 * 4096)
    buffers.removeLast()
    #expect(port.takenByteCount == 4096)
    #expect(try port.allocate(byteCount: 8192).byteCount >= 8192)
    #expect(port.takenByteCount == 4096, "it was let go of at once")
    // Nothing else keeps the other one until here.
    #expect(buffers.count == 1)
    buffers = []
    #expect(port.takenByteCount == 0)
  }

  @Test("without a limit it only counts; sizes beyond all are refused by words")
  func unlimited() throws {
    let port = try Self.port(nil)
    let buffer = try port.allocate(byteCount: 1 << 20)
    #expect(port.takenByteCount == buffer.byteCount && port.limit == nil)
    do {
      _ = try port.allocate(byteCount: .max)
      Issue.record("it was allocated")
    } catch {
      #expect(error.code == .outOfMemory)
    }
    #expect(port.takenByteCount == buffer.byteCount)
  }

  @Test("what is written comes back through it, on both ways")
  func passesOn() throws {
    let buffer = try Self.port(nil).allocate(byteCount: 100)
    buffer.withHostBytes { $0.storeBytes(of: 42, as: UInt8.self) }
    try buffer.syncToDevice(0..<100)
    buffer.withHostBytes { $0.storeBytes(of: 0, as: UInt8.self) }
    try buffer.syncFromDevice(0..<100)
    #expect(buffer.withHostBytes { $0.load(as: UInt8.self) } == 42)
  }
}
