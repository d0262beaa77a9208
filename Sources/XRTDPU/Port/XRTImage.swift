/// What a board's programmable logic holds, as its xclbin tells: read by whoever knows the format.
package struct XRTImage: Sendable {
  /// The file, which the driver gets whole.
  package let bytes: [UInt8]
  /// The number by which the driver tells images apart.
  package let uuid: [UInt8]
  /// The names of the DPU cores, `kernel:instance`, in the order in which they are to be numbered.
  package let coreNames: [String]

  /// Makes an image.
  package init(bytes: [UInt8], uuid: [UInt8], coreNames: [String]) {
    precondition(uuid.count == 16, "a UUID has 16 bytes")
    self.bytes = bytes
    self.uuid = uuid
    self.coreNames = coreNames
  }
}
