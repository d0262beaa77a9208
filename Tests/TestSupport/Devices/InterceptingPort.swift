package import Devices
import Threads

/// A call on a port or one of its buffers.
package enum PortCall: Equatable, Sendable {
  case allocate(byteCount: Int)
  case syncToDevice(address: UInt64, Range<Int>)
  case syncFromDevice(address: UInt64, Range<Int>)
  case read(CoreRegister, core: Int)
  case start(StartCommand, core: Int)
  case wait(core: Int)
}

/// Passes calls on to a port, shows each to a closure first, and lets it throw instead.
package final class InterceptingPort: Port {
  private let port: any Port
  private let before: @Sendable (PortCall) throws(DeviceError) -> Void

  /// Stands before a port.
  package init(_ port: any Port, before: @escaping @Sendable (PortCall) throws(DeviceError) -> Void) {
    self.port = port
    self.before = before
  }

  package var description: DeviceDescription { port.description }
  package var coreCount: Int { port.coreCount }
  package var usualTimeLimit: Duration { port.usualTimeLimit }
  package var remedyForLostCore: String { port.remedyForLostCore }

  package func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
    try before(.allocate(byteCount: byteCount))
    return InterceptingBuffer(try port.allocate(byteCount: byteCount), before: before)
  }

  package func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try before(.read(register, core: core))
    return try port.read(register, ofCore: core)
  }

  package func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    try before(.start(command, core: core))
    try port.start(command, onCore: core)
  }

  package func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try before(.wait(core: core))
    return try port.wait(forCore: core, timeLimit: timeLimit)
  }
}

/// A buffer whose syncs are shown to a closure first.
private final class InterceptingBuffer: DeviceBuffer {
  private let buffer: any DeviceBuffer
  private let before: @Sendable (PortCall) throws(DeviceError) -> Void

  init(_ buffer: any DeviceBuffer, before: @escaping @Sendable (PortCall) throws(DeviceError) -> Void) {
    self.buffer = buffer
    self.before = before
  }

  var byteCount: Int { buffer.byteCount }
  var address: UInt64 { buffer.address }

  func withHostBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try buffer.withHostBytes(body)
  }

  func syncToDevice(_ range: Range<Int>) throws(DeviceError) {
    try before(.syncToDevice(address: address, range))
    try buffer.syncToDevice(range)
  }

  func syncFromDevice(_ range: Range<Int>) throws(DeviceError) {
    try before(.syncFromDevice(address: address, range))
    try buffer.syncFromDevice(range)
  }
}

/// The calls that went through a port, in their order.
package final class CallRecord: Sendable {
  private let entries = Monitor<[PortCall]>([])

  /// Makes an empty record.
  package init() {}

  /// The calls so far.
  package var calls: [PortCall] { entries.update { $0 } }

  /// A port that writes down every call.
  package func port(before port: any Port) -> InterceptingPort {
    InterceptingPort(port) { [entries] call throws(DeviceError) in entries.update { $0.append(call) } }
  }
}

/// A port that fails at one call of all, and works before and after it.
package final class FailingCall: Sendable {
  private let number: Int
  private let count = Monitor(0)

  /// - Parameter number: The call that fails, counted from 0.
  package init(_ number: Int) { self.number = number }

  /// Whether the call has come.
  package var hasFailed: Bool { count.update { $0 } > number }

  /// A port whose calls are counted.
  package func port(before port: any Port) -> InterceptingPort {
    InterceptingPort(port) { [number, count] call throws(DeviceError) in
      let current = count.update { count in
        count += 1
        return count - 1
      }
      guard current != number else { throw DeviceError(.failed, "call \(number) (\(call)) was made to fail") }
    }
  }
}
