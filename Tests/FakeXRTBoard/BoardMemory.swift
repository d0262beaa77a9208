import Foundation
import SimulatedDPU
import Tensors
import Threads

/// The memory of a fake board: every buffer has one copy for the processor and one for the DPU, and the two know of each
/// other only through syncs.
final class BoardMemory: DeviceMemory, @unchecked Sendable {
  // @unchecked: `state` is locked; the bytes are the caller's and the cores', by the rules of the board.

  /// A buffer of the driver.
  final class Buffer {
    let byteCount: Int
    let flags: UInt32
    let address: UInt64
    /// What the processor sees.
    let host: UnsafeMutableRawPointer
    /// What the DPU sees; the same for commands, which the DPU does not read.
    let device: UnsafeMutableRawPointer
    var mappings = 0

    var isCommand: Bool { flags & 1 << 31 != 0 }

    /// Fresh memory holds garbage, and not the same on both sides.
    init(byteCount: Int, flags: UInt32, address: UInt64, seed: UInt64) {
      self.byteCount = byteCount
      self.flags = flags
      self.address = address
      host = Buffer.garbage(byteCount, seed: seed)
      device = flags & 1 << 31 != 0 ? host : Buffer.garbage(byteCount, seed: ~seed)
    }

    deinit {
      if device != host { free(device) }
      free(host)
    }

    private static func garbage(_ byteCount: Int, seed: UInt64) -> UnsafeMutableRawPointer {
      var memory: UnsafeMutableRawPointer?
      guard posix_memalign(&memory, 4096, byteCount) == 0, let memory else { fatalError("no memory for a fake buffer") }
      var random = SeededGenerator(seed: seed)
      for offset in stride(from: 0, to: byteCount, by: 8) {
        memory.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
      }
      return memory
    }
  }

  private struct State {
    var space: AddressSpace
    var live: [Buffer] = []
    /// Freed while a core ran, which may hold pointers into them.
    var retired: [Buffer] = []
    var runningCores = 0
    var allocations: UInt64 = 0
    var takenByteCount: UInt64 = 0
  }

  /// Bytes of a cache line.
  private static let line = 64

  private let state: Monitor<State>
  private let seed: UInt64

  init(_ configuration: BoardConfiguration) {
    state = Monitor(
      State(space: AddressSpace(base: configuration.memoryStart, byteCount: configuration.memoryBytes)))
    seed = configuration.seed
  }

  var bufferCount: Int { state.update { $0.live.count } }

  /// Takes a buffer in whole pages, `nil` if there is no room, or more would be taken than allowed.
  func allocate(byteCount: Int, flags: UInt32, limit: UInt64?) -> Buffer? {
    state.update { state in
      let pages = (byteCount + 4095) / 4096 * 4096
      if let limit, state.takenByteCount + UInt64(pages) > limit { return nil }
      guard pages > 0, let address = state.space.allocate(byteCount: pages) else { return nil }
      state.allocations += 1
      state.takenByteCount += UInt64(pages)
      let buffer = Buffer(byteCount: pages, flags: flags, address: address, seed: seed &+ 2 &* state.allocations)
      state.live.append(buffer)
      return buffer
    }
  }

  func release(_ buffer: Buffer) {
    state.update { state in
      guard let place = state.live.firstIndex(where: { $0 === buffer }) else { return }
      state.live.remove(at: place)
      state.space.release(buffer.address)
      state.takenByteCount -= UInt64(buffer.byteCount)
      if state.runningCores > 0 { state.retired.append(buffer) }
    }
  }

  /// Makes the copies equal in whole cache lines, as the caches of the processor do.
  func sync(_ buffer: Buffer, offset: Int, byteCount: Int, toDevice: Bool) {
    let lower = offset / BoardMemory.line * BoardMemory.line
    let upper = min(buffer.byteCount, (offset + byteCount + BoardMemory.line - 1) / BoardMemory.line * BoardMemory.line)
    let (source, target) = toDevice ? (buffer.host, buffer.device) : (buffer.device, buffer.host)
    if source != target { memcpy(target + lower, source + lower, upper - lower) }
  }

  /// Whether an address lies in a buffer for data.
  func holds(_ address: UInt64) -> Bool { bytes(at: address, count: 1) != nil }

  func beginRun() { state.update { $0.runningCores += 1 } }

  func endRun() {
    state.update { state in
      state.runningCores -= 1
      if state.runningCores == 0 { state.retired.removeAll() }
    }
  }

  func bytes(at address: UInt64, count: Int) -> UnsafeMutableRawPointer? {
    state.update { state in
      for buffer in state.live where !buffer.isCommand {
        let end = buffer.address + UInt64(buffer.byteCount)
        guard address >= buffer.address, address <= end, count >= 0, UInt64(count) <= end - address else { continue }
        return buffer.device + Int(address - buffer.address)
      }
      return nil
    }
  }
}
