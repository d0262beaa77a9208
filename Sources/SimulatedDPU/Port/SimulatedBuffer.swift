import Devices
import Threads

/// A buffer of the simulated board: what the host writes reaches the cores only by a sync, and the other way round.
final class SimulatedBuffer: DeviceBuffer {
  let byteCount: Int
  let address: UInt64
  private let host: Cells
  private let device: Cells
  private let memory: SimulatedMemory
  private let syncs: SyncCounter

  init(byteCount: Int, memory: SimulatedMemory, syncs: SyncCounter) throws(DeviceError) {
    let (address, device) = try memory.allocate(byteCount: byteCount)
    guard let host = Cells(byteCount: byteCount, seed: ~address) else {
      memory.release(address)
      throw DeviceError(.outOfMemory, "no \(byteCount) bytes for the host's copy of a simulated buffer")
    }
    self.byteCount = byteCount
    self.address = address
    self.host = host
    self.device = device
    self.memory = memory
    self.syncs = syncs
  }

  deinit { memory.release(address) }

  func withHostBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeMutableRawBufferPointer(start: host.bytes, count: byteCount))
  }

  func syncToDevice(_ range: Range<Int>) throws(DeviceError) { try copy(range, from: host, to: device, .toDevice) }

  func syncFromDevice(_ range: Range<Int>) throws(DeviceError) { try copy(range, from: device, to: host, .fromDevice) }

  private func copy(
    _ range: Range<Int>, from source: Cells, to target: Cells, _ direction: FaultPlan.Direction
  ) throws(DeviceError) {
    guard range.lowerBound >= 0, range.upperBound <= byteCount else {
      throw DeviceError(
        .failed, "cannot sync bytes \(range.lowerBound) to \(range.upperBound) of a buffer of \(byteCount)")
    }
    switch syncs.next(direction) {
    case .done:
      // Caches work in whole lines, so that neighbouring bytes travel too.
      let lines = wholeLines(of: range)
      (target.bytes + lines.lowerBound).copyMemory(from: source.bytes + lines.lowerBound, byteCount: lines.count)
    case .lost: break
    case .refused: throw DeviceError(.failed, "the driver refused to sync \(range.count) bytes (simulated fault)")
    }
  }
}

/// Counts the syncs of a port, and says which of them a fault plan takes away.
final class SyncCounter: Sendable {
  /// What becomes of a sync.
  enum Outcome {
    case done, lost, refused
  }

  private let faults: FaultPlan
  private let counts = Monitor((toDevice: 0, fromDevice: 0))

  init(_ faults: FaultPlan) { self.faults = faults }

  /// Counts one more.
  func next(_ direction: FaultPlan.Direction) -> Outcome {
    let number = counts.update { counts in
      switch direction {
      case .toDevice:
        counts.toDevice += 1
        return counts.toDevice - 1
      case .fromDevice:
        counts.fromDevice += 1
        return counts.fromDevice - 1
      }
    }
    return faults.sync(number, direction)
  }
}
