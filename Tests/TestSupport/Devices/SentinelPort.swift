package import Devices
import Threads

/// Puts sentinels round every buffer of a port, on both sides, and tells whether anyone wrote there.
package final class SentinelPort: Port {
  /// Bytes of the sentinels before and behind a buffer.
  private static let byteCount = 4096

  private let port: any Port
  private let broken = Monitor<[String]>([])

  /// Stands before a port.
  package init(_ port: any Port) { self.port = port }

  /// The buffers that were freed with sentinels written over.
  package var violations: [String] { broken.update { $0 } }

  package var description: DeviceDescription { port.description }
  package var coreCount: Int { port.coreCount }
  package var usualTimeLimit: Duration { port.usualTimeLimit }
  package var remedyForLostCore: String { port.remedyForLostCore }

  package func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
    let whole = try port.allocate(byteCount: byteCount + 2 * SentinelPort.byteCount)
    return try GuardedBuffer(whole, byteCount: byteCount, guardByteCount: SentinelPort.byteCount) { [broken] words in
      broken.update { $0.append(words) }
    }
  }

  package func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try port.read(register, ofCore: core)
  }

  package func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    try port.start(command, onCore: core)
  }

  package func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try port.wait(forCore: core, timeLimit: timeLimit)
  }
}

/// The middle of a larger buffer; what lies before and behind is checked at the end.
private final class GuardedBuffer: DeviceBuffer {
  let byteCount: Int
  private let whole: any DeviceBuffer
  private let guardByteCount: Int
  private let report: @Sendable (String) -> Void

  init(
    _ whole: any DeviceBuffer, byteCount: Int, guardByteCount: Int, report: @escaping @Sendable (String) -> Void
  ) throws(DeviceError) {
    self.whole = whole
    self.byteCount = byteCount
    self.guardByteCount = guardByteCount
    self.report = report
    whole.withHostBytes { host in for index in host.indices { host[index] = GuardedBuffer.pattern(index) } }
    for range in guards { try whole.syncToDevice(range) }
  }

  deinit {
    checkGuards(of: "the host's copy")
    do {
      for range in guards { try whole.syncFromDevice(range) }
      checkGuards(of: "the device's copy")
    } catch {
      report("sentinels can't be read: \(error)")
    }
  }

  var address: UInt64 { whole.address + UInt64(guardByteCount) }

  func withHostBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try whole.withHostBytes { host in
      try body(UnsafeMutableRawBufferPointer(rebasing: host[guardByteCount..<guardByteCount + byteCount]))
    }
  }

  func syncToDevice(_ range: Range<Int>) throws(DeviceError) { try whole.syncToDevice(shifted(range)) }

  func syncFromDevice(_ range: Range<Int>) throws(DeviceError) { try whole.syncFromDevice(shifted(range)) }

  private var guards: [Range<Int>] { [0..<guardByteCount, guardByteCount + byteCount..<whole.byteCount] }

  private func shifted(_ range: Range<Int>) -> Range<Int> {
    range.lowerBound + guardByteCount..<range.upperBound + guardByteCount
  }

  private func checkGuards(of copy: String) {
    whole.withHostBytes { host in
      for index in guards.joined() where host[index] != GuardedBuffer.pattern(index) {
        report("\(copy) of a buffer of \(byteCount) bytes was written at \(index - guardByteCount)")
        return
      }
    }
  }

  private static func pattern(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 151 &+ 29) }
}
