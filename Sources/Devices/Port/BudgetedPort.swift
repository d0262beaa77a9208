import Threads

/// A port whose buffers together take no more than a budget, and that knows what they take.
package final class BudgetedPort: Port {
  /// The smallest piece of memory that a buffer takes.
  static let pageByteCount = 4096

  private let port: any Port
  private let purse: Purse

  /// Puts a budget before a port.
  ///
  /// - Parameter byteCount: Bytes of all buffers, in whole pages; `nil` is what the port has.
  package init(_ port: any Port, byteCount: Int? = nil) {
    self.port = port
    purse = Purse(limit: byteCount)
  }

  /// Bytes that buffers take now, in whole pages.
  package var takenByteCount: Int { purse.takenByteCount }
  /// Bytes that they may take; `nil` is what the port has.
  package var limit: Int? { purse.limit }

  /// The port's.
  package var description: DeviceDescription { port.description }
  /// The port's.
  package var coreCount: Int { port.coreCount }
  /// The port's.
  package var usualTimeLimit: Duration { port.usualTimeLimit }
  /// The port's.
  package var remedyForLostCore: String { port.remedyForLostCore }
  /// The port's.
  package var room: MemoryRoom? { port.room }

  /// Reserves memory of the port, as far as the budget goes.
  package func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
    let pages = (max(1, byteCount) - 1) / BudgetedPort.pageByteCount + 1
    let (wanted, isTooMuch) = pages.multipliedReportingOverflow(by: BudgetedPort.pageByteCount)
    guard !isTooMuch, purse.take(wanted) else {
      throw DeviceError(
        .outOfMemory,
        "\(byteCount) bytes were asked for, but of the budget of \(purse.limit ?? 0) bytes \(purse.takenByteCount) are "
          + "taken; unload a model, or allow more")
    }
    do throws(DeviceError) {
      return BudgetedBuffer(try port.allocate(byteCount: byteCount), taking: wanted, from: purse)
    } catch {
      purse.giveBack(wanted)
      throw error
    }
  }

  /// Reads a register of a core.
  package func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try port.read(register, ofCore: core)
  }

  /// Starts a core.
  package func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    try port.start(command, onCore: core)
  }

  /// Waits for a core.
  package func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try port.wait(forCore: core, timeLimit: timeLimit)
  }
}

/// What is taken of a budget.
private final class Purse: Sendable {
  let limit: Int?
  private let taken = Monitor(0)

  init(limit: Int?) { self.limit = limit }

  var takenByteCount: Int { taken.update { $0 } }

  func take(_ byteCount: Int) -> Bool {
    taken.update { taken in
      guard limit.map({ byteCount <= $0 - taken }) ?? true else { return false }
      taken += byteCount
      return true
    }
  }

  func giveBack(_ byteCount: Int) { taken.update { $0 -= byteCount } }
}

/// A buffer that gives its part of the budget back with its memory.
private final class BudgetedBuffer: DeviceBuffer {
  private let buffer: any DeviceBuffer
  private let takenByteCount: Int
  private let purse: Purse

  init(_ buffer: any DeviceBuffer, taking byteCount: Int, from purse: Purse) {
    self.buffer = buffer
    takenByteCount = byteCount
    self.purse = purse
  }

  deinit { purse.giveBack(takenByteCount) }

  var byteCount: Int { buffer.byteCount }
  var address: UInt64 { buffer.address }

  func withHostBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try buffer.withHostBytes(body)
  }

  func syncToDevice(_ range: Range<Int>) throws(DeviceError) { try buffer.syncToDevice(range) }

  func syncFromDevice(_ range: Range<Int>) throws(DeviceError) { try buffer.syncFromDevice(range) }
}
