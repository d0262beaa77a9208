import CXRT
import Devices

/// One opened device of XRT, closed with its last reference: buffers and contexts keep it.
final class XRTHandle: Sendable {
  let library: XRTLibrary
  // @unchecked: XRT locks calls of one handle itself.
  private nonisolated(unsafe) let raw: cxrt_device

  /// Opens the device.
  init(_ library: XRTLibrary) throws(XRTFailure) {
    var device: cxrt_device?
    try check(cxrt_open(library.raw, 0, &device))
    guard let device else { preconditionFailure("an opened device has a handle") }
    self.library = library
    raw = device
  }

  deinit { _ = cxrt_close(library.raw, raw) }

  /// Tells the driver what the programmable logic holds.
  func load(_ image: [UInt8]) throws(XRTFailure) {
    try check(image.withUnsafeBytes { cxrt_load_image(library.raw, raw, $0.baseAddress, $0.count) })
  }

  /// The driver's number of a core.
  func index(ofCore name: String) throws(XRTFailure) -> UInt32 {
    var index: UInt32 = 0
    try check(cxrt_core_index(library.raw, raw, name, &index))
    return index
  }

  /// Reads a register of a core.
  func read(_ register: CoreRegister, ofCore index: UInt32) throws(XRTFailure) -> UInt32 {
    var value: UInt32 = 0
    try check(cxrt_read_register(library.raw, raw, index, register.rawValue, &value))
    return value
  }

  /// Hands a command to the driver.
  func execute(_ buffer: borrowing BufferObject) throws(XRTFailure) {
    try check(cxrt_execute(library.raw, raw, buffer.number))
  }

  /// Waits until some command of this handle has ended, for a while.
  func wait(milliseconds: Int32) throws(XRTFailure) {
    var hasEvent = false
    try check(cxrt_wait(library.raw, raw, milliseconds, &hasEvent))
  }

  fileprivate var pair: (OpaquePointer, cxrt_device) { (library.raw, raw) }
}

/// Leave to use one core, given back with its last reference: the core's command buffer keeps it.
final class CoreContext: Sendable {
  private let handle: XRTHandle
  private let uuid: [UInt8]
  private let index: UInt32

  /// Registers that may be read in a context that others share: all but AP_CTRL and its neighbours.
  private static let readable: Range<UInt32> = 0x10..<0x200

  /// Opens a core.
  init(_ handle: XRTHandle, uuid: [UInt8], core index: UInt32) throws(XRTFailure) {
    let (library, device) = handle.pair
    try check(cxrt_open_context(library, device, uuid, index))
    self.handle = handle
    self.uuid = uuid
    self.index = index
    // Some releases from 2.14 on know the function and refuse it; reading tells then.
    let range = CoreContext.readable
    _ = cxrt_allow_reads(library, device, index, range.lowerBound, UInt32(range.count))
  }

  deinit {
    let (library, device) = handle.pair
    _ = cxrt_close_context(library, device, uuid, index)
  }
}

/// Memory of the driver that both sides reach, mapped, and given back at the end.
struct BufferObject: ~Copyable, Sendable {
  /// What the memory is for.
  enum Use: Sendable {
    case data
    /// A command for a core, whose context has to be closed after the buffer is freed.
    case command(CoreContext)
  }

  let byteCount: Int
  /// The address as the DPU sees it.
  let address: UInt64
  fileprivate let number: UInt32
  private let handle: XRTHandle
  private let use: Use
  // @unchecked: set once; who may touch the bytes when is the rule of jobs.
  private nonisolated(unsafe) let mapped: UnsafeMutableRawPointer

  /// Reserves and maps memory.
  init(_ handle: XRTHandle, byteCount: Int, for use: Use) throws(XRTFailure) {
    let (library, device) = handle.pair
    var number: UInt32 = 0
    let flags = if case .data = use { CXRT_MEMORY_CACHED } else { CXRT_MEMORY_COMMAND }
    try check(cxrt_allocate(library, device, byteCount, flags, &number))
    var mapped: UnsafeMutableRawPointer?
    var address: UInt64 = 0
    do {
      try check(cxrt_map(library, device, number, &mapped))
      try check(cxrt_address(library, device, number, &address))
    } catch {
      if let mapped { _ = cxrt_unmap(library, device, number, mapped) }
      _ = cxrt_free(library, device, number)
      throw error
    }
    guard let mapped else { preconditionFailure("a mapped buffer is somewhere") }
    self.handle = handle
    self.use = use
    self.byteCount = byteCount
    self.number = number
    self.mapped = mapped
    self.address = address
  }

  deinit {
    let (library, device) = handle.pair
    _ = cxrt_unmap(library, device, number, mapped)
    _ = cxrt_free(library, device, number)
  }

  /// Gives the host's copy to a closure; the pointer must not leave it.
  func withBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeMutableRawBufferPointer(start: mapped, count: byteCount))
  }

  /// The first word of a command, as the driver has left it.
  var header: UInt32 { cxrt_command_header(mapped) }

  /// Makes both copies of some bytes equal.
  func sync(_ range: Range<Int>, _ direction: cxrt_direction) throws(XRTFailure) {
    let (library, device) = handle.pair
    try check(cxrt_sync(library, device, number, direction, range.count, range.lowerBound))
  }
}
