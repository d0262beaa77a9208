/// Memory that both the host and the DPU reach, freed with its last reference.
///
/// The two sides see their own copies until they are made equal: what the host wrote reaches the DPU by
/// `syncToDevice`, what the DPU wrote reaches the host by `syncFromDevice`.
package protocol DeviceBuffer: AnyObject, Sendable {
  /// Bytes of the buffer.
  var byteCount: Int { get }
  /// The address of the first byte as the DPU sees it.
  var address: UInt64 { get }

  /// Gives the host's copy to a closure; the pointer must not leave it.
  func withHostBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R

  /// Carries what the host wrote over to the DPU, at least the given bytes.
  ///
  /// - Throws: `.failed` for a range outside the buffer, or what the driver says.
  func syncToDevice(_ range: Range<Int>) throws(DeviceError)

  /// Carries what the DPU wrote over to the host, at least the given bytes.
  ///
  /// - Throws: `.failed` for a range outside the buffer, or what the driver says.
  func syncFromDevice(_ range: Range<Int>) throws(DeviceError)
}

extension DeviceBuffer {
  /// Bytes of one cache line; what is carried over is a whole number of lines.
  ///
  /// - Source: Cortex-A53 of the Zynq UltraScale+, and every x86-64 and aarch64 host.
  package static var lineByteCount: Int { 64 }

  /// A range grown to whole cache lines, within the buffer.
  package func wholeLines(of range: Range<Int>) -> Range<Int> {
    let line = Self.lineByteCount
    let lower = range.lowerBound / line * line
    let upper = min(byteCount, (range.upperBound + line - 1) / line * line)
    return lower..<max(lower, upper)
  }
}
