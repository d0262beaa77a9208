/// The memory from which a port takes buffers.
package struct MemoryRoom: Equatable, Sendable, CustomStringConvertible {
  /// Bytes of all of it.
  package let totalByteCount: Int
  /// Bytes that nobody uses; the kernel may free more when it is asked.
  package let freeByteCount: Int
  /// What it is called.
  package let name: String
  /// What a person does to get more, as an instruction in one clause.
  package let remedy: String

  /// Makes a description.
  package init(totalByteCount: Int, freeByteCount: Int, name: String, remedy: String) {
    self.totalByteCount = totalByteCount
    self.freeByteCount = freeByteCount
    self.name = name
    self.remedy = remedy
  }

  /// What there is, in bytes.
  package var description: String { "\(name) has \(totalByteCount) bytes, \(freeByteCount) of them free" }
}
