import Devices
import Glibc
import Tensors
import Threads

/// The memory of the simulated board: buffers at addresses of a window, each with one copy for the host and one for
/// the cores.
final class SimulatedMemory: DeviceMemory, Sendable {
  private struct Live {
    let range: Range<UInt64>
    let cells: Cells
  }

  private struct State {
    var space: AddressSpace
    /// Live buffers by ascending address.
    var live: [Live] = []
    /// Cells of buffers that were freed while a core ran; it may hold pointers into them.
    var retired: [Cells] = []
    var runningCores = 0
    var allocations = 0
  }

  private let state: Monitor<State>
  private let faults: FaultPlan
  private let seed: UInt64

  init(base: UInt64, byteCount: UInt64, seed: UInt64, faults: FaultPlan) {
    state = Monitor(State(space: AddressSpace(base: base, byteCount: byteCount)))
    self.faults = faults
    self.seed = seed
  }

  /// The number of buffers that are not freed.
  var bufferCount: Int { state.update { $0.live.count } }

  /// Takes addresses for a buffer, and cells that hold garbage.
  ///
  /// - Throws: `.outOfMemory` with what was free.
  func allocate(byteCount: Int) throws(DeviceError) -> (address: UInt64, cells: Cells) {
    let (address, number, free, largest) = state.update { state -> (UInt64?, Int, UInt64, UInt64) in
      let number = state.allocations
      state.allocations += 1
      let fails = faults.failsAllocation(number)
      return (
        fails ? nil : state.space.allocate(byteCount: byteCount), number, state.space.free, state.space.largestFree
      )
    }
    let cells = address == nil ? nil : Cells(byteCount: byteCount, seed: seed &+ UInt64(number))
    guard let address, let cells else {
      if let address { state.update { $0.space.release(address) } }
      throw DeviceError(
        .outOfMemory,
        "no \(byteCount) bytes in one piece in the simulated memory: \(free) bytes are free, the largest piece has "
          + "\(largest); make fewer jobs, or the window larger")
    }
    state.update { state in
      let range = address..<address + UInt64(byteCount)
      let place = state.live.firstIndex { $0.range.lowerBound > address } ?? state.live.count
      state.live.insert(Live(range: range, cells: cells), at: place)
    }
    return (address, cells)
  }

  /// Gives a buffer's addresses back.
  func release(_ address: UInt64) {
    state.update { state in
      guard let place = state.live.firstIndex(where: { $0.range.lowerBound == address }) else {
        preconditionFailure("no buffer begins at 0x\(String(address, radix: 16))")
      }
      let removed = state.live.remove(at: place)
      state.space.release(address)
      if state.runningCores > 0 { state.retired.append(removed.cells) }
    }
  }

  /// Notes that a core begins to use pointers.
  func beginRun() { state.update { $0.runningCores += 1 } }

  /// Notes that a core has dropped its pointers.
  func endRun() {
    state.update { state in
      state.runningCores -= 1
      if state.runningCores == 0 { state.retired.removeAll() }
    }
  }

  func bytes(at address: UInt64, count: Int) -> UnsafeMutableRawPointer? {
    state.update { state in
      // The last live buffer that begins at or below the address.
      var low = 0
      var high = state.live.count
      while low < high {
        let middle = (low + high) / 2
        if state.live[middle].range.lowerBound <= address { low = middle + 1 } else { high = middle }
      }
      guard low > 0, count >= 0 else { return nil }
      let buffer = state.live[low - 1]
      guard address <= buffer.range.upperBound, UInt64(count) <= buffer.range.upperBound - address else { return nil }
      return buffer.cells.bytes + Int(address - buffer.range.lowerBound)
    }
  }
}

/// Memory of one copy of a buffer, filled with garbage at first.
final class Cells: Sendable {
  // @unchecked: set once; who may touch the bytes when is the rule of jobs, as on the board.
  nonisolated(unsafe) let bytes: UnsafeMutableRawPointer

  /// `nil` where the machine has no memory.
  init?(byteCount: Int, seed: UInt64) {
    let words = (byteCount + 7) / 8
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(64, 8 * words)) == 0, let memory else { return nil }
    var random = SeededGenerator(seed: seed)
    for index in 0..<words { memory.storeBytes(of: random.next(), toByteOffset: 8 * index, as: UInt64.self) }
    bytes = memory
  }

  deinit { free(bytes) }
}
