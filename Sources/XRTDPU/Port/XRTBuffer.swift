import CXRT
import Devices

/// A buffer of the board: cached by the processor, so that both copies have to be made equal by hand.
final class XRTBuffer: DeviceBuffer {
  private let object: BufferObject

  init(_ object: consuming BufferObject) { self.object = object }

  var byteCount: Int { object.byteCount }
  var address: UInt64 { object.address }

  func withHostBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try object.withBytes(body)
  }

  func syncToDevice(_ range: Range<Int>) throws(DeviceError) { try sync(range, CXRT_TO_DEVICE) }

  func syncFromDevice(_ range: Range<Int>) throws(DeviceError) { try sync(range, CXRT_FROM_DEVICE) }

  private func sync(_ range: Range<Int>, _ direction: cxrt_direction) throws(DeviceError) {
    guard range.lowerBound >= 0, range.upperBound <= byteCount else {
      throw DeviceError(
        .failed, "cannot sync bytes \(range.lowerBound) to \(range.upperBound) of a buffer of \(byteCount)")
    }
    guard !range.isEmpty else { return }
    do throws(XRTFailure) { try object.sync(wholeLines(of: range), direction) } catch { throw error.error() }
  }
}
