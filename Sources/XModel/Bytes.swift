/// A run of bytes that somebody else owns: a piece of a mapped file, or an array.
///
/// Copies share the owner; the bytes themselves are never copied.
package struct Bytes: Sendable {
  /// What keeps the memory alive.
  package enum Owner: Sendable {
    case file(MappedFile)
    case array([UInt8])
  }

  private let owner: Owner
  /// The position of the first byte in its owner: for a mapped file, the offset in the file.
  package let offset: Int
  /// The number of bytes.
  package let count: Int

  /// Makes a run over a piece of a mapped file.
  ///
  /// - Precondition: The piece lies inside the file.
  package init(_ file: MappedFile, range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count, "range outside the file")
    owner = .file(file)
    offset = range.lowerBound
    count = range.count
  }

  /// Makes a run over an array.
  package init(_ array: [UInt8]) {
    owner = .array(array)
    offset = 0
    count = array.count
  }

  private init(owner: Owner, offset: Int, count: Int) {
    self.owner = owner
    self.offset = offset
    self.count = count
  }

  /// A part of the run, positions counted from its start; `nil` when the part leaves the run.
  package func slice(_ range: Range<Int>) -> Bytes? {
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    return Bytes(owner: owner, offset: offset + range.lowerBound, count: range.count)
  }

  /// Gives the bytes to a closure; the pointer must not leave it.
  package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch owner {
    case .file(let file):
      try file.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    case .array(let array):
      try array.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    }
  }
}

extension Bytes: Equatable {
  /// Compares contents, not owners.
  package static func == (left: Bytes, right: Bytes) -> Bool {
    left.withUnsafeBytes { one in right.withUnsafeBytes { other in one.elementsEqual(other) } }
  }
}
