import Devices
import SimulatedDPU
import TestSupport
import Testing

struct SimulatedBufferTests {
  /// Hands out the memory that cores see.
  private final class Eye {
    var memory: (any DeviceMemory)?
  }

  private func port(seed: UInt64 = 1, _ eye: Eye) throws -> SimulatedPort {
    var configuration = SimulatedPort.Configuration(fingerprint: .init(TinyModel.fingerprint))
    configuration.seed = seed
    return try SimulatedPort(configuration) { memory, _ in
      eye.memory = memory
      return TinyCore(memory: memory)
    }
  }

  private func bytes(_ eye: Eye, _ buffer: any DeviceBuffer, _ range: Range<Int>) throws -> [UInt8] {
    let start = try #require(eye.memory?.bytes(at: buffer.address + UInt64(range.lowerBound), count: range.count))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: range.count))
  }

  @Test("what the host writes, the device sees only after a sync, and the other way round")
  func copies() throws {
    let eye = Eye()
    let port = try port(eye)
    let buffer = try port.allocate(byteCount: 200)
    buffer.withHostBytes { host in for index in host.indices { host[index] = 7 } }
    #expect(try bytes(eye, buffer, 0..<200) != [UInt8](repeating: 7, count: 200))
    try buffer.syncToDevice(0..<200)
    #expect(try bytes(eye, buffer, 0..<200) == [UInt8](repeating: 7, count: 200))
    eye.memory?.bytes(at: buffer.address + 100, count: 1)?.storeBytes(of: 9, as: UInt8.self)
    #expect(buffer.withHostBytes { $0[100] } == 7)
    try buffer.syncFromDevice(100..<101)
    #expect(buffer.withHostBytes { $0[100] } == 9)
  }

  @Test("a sync carries whole cache lines and nothing more")
  func lines() throws {
    let eye = Eye()
    let port = try port(eye)
    let buffer = try port.allocate(byteCount: 300)
    let before = try bytes(eye, buffer, 0..<300)
    buffer.withHostBytes { host in for index in host.indices { host[index] = before[index] ^ 0xFF } }
    try buffer.syncToDevice(100..<130)
    let after = try bytes(eye, buffer, 0..<300)
    for index in 0..<300 { #expect((after[index] != before[index]) == (64..<192).contains(index), "byte \(index)") }
    try buffer.syncToDevice(299..<300)
    #expect(try bytes(eye, buffer, 256..<300) == before[256..<300].map { $0 ^ 0xFF })
  }

  @Test("fresh memory is garbage, the same for the same seed, different on both sides")
  func garbage() throws {
    let eyes = [Eye(), Eye(), Eye()]
    let ports = [try port(eyes[0]), try port(eyes[1]), try port(seed: 2, eyes[2])]
    let buffers = try ports.map { try $0.allocate(byteCount: 64) }
    let device = try zip(eyes, buffers).map { try bytes($0, $1, 0..<64) }
    #expect(device[0] == device[1])
    #expect(device[0] != device[2])
    #expect(Set(device[0]).count > 10)
    #expect(buffers[0].withHostBytes { [UInt8]($0) } != device[0])
    let second = try ports[0].allocate(byteCount: 64)
    #expect(try bytes(eyes[0], second, 0..<64) != device[0])
  }

  @Test("a core sees live buffers only, wholly, and nothing between them")
  func visibility() throws {
    let eye = Eye()
    let port = try port(eye)
    let memory = try #require(eye.memory)
    let first = try port.allocate(byteCount: 5000)
    let second = try port.allocate(byteCount: 10)
    for (address, count, isThere) in [
      (first.address, 5000, true), (first.address + 4999, 1, true), (first.address + 5000, 0, true),
      (first.address, 5001, false), (first.address - 1, 1, false), (first.address + 5000, 1, false),
      (second.address, 10, true), (second.address + 3, 8, false), (0, 1, false), (.max, 1, false),
      (.max, .max, false), (first.address, .max, false),
    ] as [(UInt64, Int, Bool)] {
      #expect((memory.bytes(at: address, count: count) != nil) == isThere, "\(count) bytes at \(address)")
    }
    let address = second.address
    withExtendedLifetime(second) {}
    _ = consume second
    #expect(memory.bytes(at: address, count: 1) == nil)
    #expect(port.bufferCount == 1)
  }

  @Test("syncs outside the buffer and empty buffers are refused")
  func refusals() throws {
    let port = try port(Eye())
    let buffer = try port.allocate(byteCount: 10)
    for range in [-1..<2, 5..<11, 11..<12] {
      #expect(thrownError(DeviceError.self) { try buffer.syncToDevice(range) }?.code == .failed)
      #expect(thrownError(DeviceError.self) { try buffer.syncFromDevice(range) }?.code == .failed)
    }
    try buffer.syncToDevice(10..<10)
    for count in [0, -1, .min] {
      #expect(thrownError(DeviceError.self) { try port.allocate(byteCount: count) }?.code == .failed)
    }
  }

  @Test("memory that is full is an error with what is left, and is there again after use")
  func exhaustion() throws {
    var configuration = SimulatedPort.Configuration(fingerprint: .init(TinyModel.fingerprint))
    configuration.memoryByteCount = 1 << 20
    let port = try SimulatedPort(tiny: configuration)
    let large = try port.allocate(byteCount: 900_000)
    let error = thrownError(DeviceError.self) { try port.allocate(byteCount: 200_000) }
    #expect(error?.code == .outOfMemory)
    #expect(error?.message.contains("no 200000 bytes in one piece") == true)
    withExtendedLifetime(large) {}
    _ = consume large
    #expect(try port.allocate(byteCount: 200_000).byteCount == 200_000)
  }
}
