import CSimulatedKernels
package import Devices
package import Threads
package import XModel

/// A port without a DPU whose jobs take exactly a given time: for measuring what the host loses around them.
///
/// A job ends so long after its start, to the moment, and leaves memory as it is: outputs stay what they were, zeros at
/// first. Its results mean nothing, and it says so.
package final class PacedPort: Port {
  /// How the port is set up.
  package struct Configuration: Equatable, Sendable {
    /// What the cores say that they were built with.
    package var fingerprint: Fingerprint
    /// The number of cores.
    package var coreCount: Int
    /// How long each job takes.
    package var jobTime: Duration

    /// Makes a configuration.
    package init(fingerprint: Fingerprint, coreCount: Int, jobTime: Duration) {
      self.fingerprint = fingerprint
      self.coreCount = coreCount
      self.jobTime = jobTime
    }
  }

  private struct Core {
    var end: Moment?
    var jobCount = 0
  }

  /// How the port is set up.
  package let configuration: Configuration
  private let cores: Monitor<[Core]>
  private let nextAddress = Monitor<UInt64>(PacedPort.firstAddress)

  private static let firstAddress: UInt64 = 0x6000_0000
  private static let pageByteCount: UInt64 = 4096

  /// Makes a port.
  package init(_ configuration: Configuration) {
    precondition(configuration.jobTime >= .zero, "a job takes no less than no time")
    self.configuration = configuration
    cores = Monitor([Core](repeating: Core(), count: configuration.coreCount))
  }

  package var description: DeviceDescription { DeviceDescription(kind: "paced", detail: "no DPU") }
  package var coreCount: Int { configuration.coreCount }
  package var usualTimeLimit: Duration { configuration.jobTime * 10 + .seconds(10) }
  package var remedyForLostCore: String { "open the paced device again" }

  /// How many jobs a core has ended; each took the configured time.
  package func jobCount(ofCore core: Int) -> Int { cores.update { $0[core].jobCount } }

  package func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
    guard byteCount > 0 else { throw DeviceError(.failed, "cannot allocate \(byteCount) bytes, expected at least 1") }
    let pages = (UInt64(byteCount) + PacedPort.pageByteCount - 1) / PacedPort.pageByteCount
    let address = nextAddress.update { next in
      // Nothing lies at these addresses: once they are used up, they begin anew.
      if next + pages * PacedPort.pageByteCount >= 1 << UInt64(StartCommand.addressBitCount) {
        next = PacedPort.firstAddress
      }
      defer { next += pages * PacedPort.pageByteCount }
      return next
    }
    return PacedBuffer(byteCount: byteCount, address: address)
  }

  package func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try check(core)
    switch register {
    case .fingerprintLow: return UInt32(truncatingIfNeeded: configuration.fingerprint.rawValue)
    case .fingerprintHigh: return UInt32(truncatingIfNeeded: configuration.fingerprint.rawValue >> 32)
    default: return 0
    }
  }

  package func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    try check(core)
    let end = Moment.now + configuration.jobTime
    try cores.update { (cores) throws(DeviceError) in
      guard cores[core].end == nil else { throw DeviceError(.failed, "the core still has an earlier job") }
      cores[core].end = end
    }
  }

  package func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try check(core)
    guard let end = cores.update({ $0[core].end }) else { return .completed }
    let limit = Moment.now + timeLimit
    PacedPort.sleep(until: min(end, limit))
    guard end <= .now else { return .running }
    cores.update { cores in
      cores[core].end = nil
      cores[core].jobCount += 1
    }
    return .completed
  }

  /// Keeps the calling thread asleep until a moment, as exactly as the kernel can.
  package static func sleep(until moment: Moment) { dpus_sleep_until(max(0, moment.nanoseconds)) }

  private func check(_ core: Int) throws(DeviceError) {
    guard (0..<coreCount).contains(core) else {
      throw DeviceError(.failed, "there is no core \(core), only \(coreCount) from 0")
    }
  }
}

/// Host memory that says that it has an address.
private final class PacedBuffer: DeviceBuffer {
  let byteCount: Int
  let address: UInt64
  // @unchecked: the pointer never changes; a job's buffers are used by one thread at a time.
  private nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int, address: UInt64) {
    self.byteCount = byteCount
    self.address = address
    bytes = .allocate(byteCount: byteCount, alignment: 4096)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { bytes.deallocate() }

  func withHostBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R { try body(bytes) }

  func syncToDevice(_ range: Range<Int>) throws(DeviceError) { try check(range) }

  func syncFromDevice(_ range: Range<Int>) throws(DeviceError) { try check(range) }

  private func check(_ range: Range<Int>) throws(DeviceError) {
    guard range.lowerBound >= 0, range.upperBound <= byteCount else {
      throw DeviceError(
        .failed, "cannot sync bytes \(range.lowerBound) to \(range.upperBound) of a buffer of \(byteCount)")
    }
  }
}
