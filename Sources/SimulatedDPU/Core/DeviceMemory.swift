/// Device memory as a core sees it: physical byte addresses.
package protocol DeviceMemory: AnyObject {
  /// The memory behind a run of addresses, `nil` if it is not wholly inside one live buffer.
  func bytes(at address: UInt64, count: Int) -> UnsafeMutableRawPointer?
}
