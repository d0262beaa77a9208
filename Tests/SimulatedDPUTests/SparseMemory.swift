import SimulatedDPU
import Tensors

/// Device memory of a few buffers with unused addresses between them, filled with seeded garbage.
final class SparseMemory: DeviceMemory {
  private struct Buffer {
    let address: UInt64
    let bytes: UnsafeMutableRawBufferPointer
  }

  private var buffers: [Buffer] = []
  private var next: UInt64
  private var random: SeededGenerator

  /// Makes a memory whose first buffer lies at an address.
  init(at address: UInt64 = 0x1_8000_0000, seed: UInt64) {
    next = address
    random = SeededGenerator(seed: seed)
  }

  deinit { for buffer in buffers { buffer.bytes.deallocate() } }

  /// Makes a buffer of garbage and returns its address.
  func allocate(_ byteCount: Int) -> UInt64 {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    let whole = byteCount / 8 * 8
    for place in stride(from: 0, to: whole, by: 8) {
      bytes.storeBytes(of: random.next().littleEndian, toByteOffset: place, as: UInt64.self)
    }
    for place in whole..<byteCount { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
    let address = next
    buffers.append(Buffer(address: address, bytes: bytes))
    next = (address + UInt64(byteCount) + 0x1FFF) & ~0xFFF
    return address
  }

  /// Makes a buffer of given bytes and returns its address.
  func allocate(_ contents: [UInt8]) -> UInt64 {
    let address = allocate(contents.count)
    write(contents, at: address)
    return address
  }

  func bytes(at address: UInt64, count: Int) -> UnsafeMutableRawPointer? {
    for buffer in buffers where address >= buffer.address && address - buffer.address <= UInt64(buffer.bytes.count) {
      let offset = Int(address - buffer.address)
      guard count <= buffer.bytes.count - offset else { return nil }
      return buffer.bytes.baseAddress.map { $0 + offset }
    }
    return nil
  }

  func write(_ contents: [UInt8], at address: UInt64) {
    guard let target = bytes(at: address, count: contents.count) else { preconditionFailure("write outside buffers") }
    contents.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: target, count: contents.count).copyMemory(from: $0)
    }
  }

  func read(_ count: Int, at address: UInt64) -> [UInt8] {
    guard let source = bytes(at: address, count: count) else { preconditionFailure("read outside buffers") }
    return [UInt8](UnsafeRawBufferPointer(start: source, count: count))
  }
}
