/// Which addresses of a window are taken: whole pages with a free page on each side, lowest addresses first.
///
/// The free page makes an access that runs out of its buffer hit nothing instead of a neighbour.
package struct AddressSpace {
  /// Bytes of a page; buffers begin at whole pages.
  ///
  /// - Source: what XRT guarantees for its buffers.
  package static let pageByteCount: UInt64 = 4096

  /// The first address of the window.
  package let base: UInt64
  /// Bytes of the window.
  package let byteCount: UInt64
  /// What is taken, guard pages included, in ascending order.
  private var taken: [Range<UInt64>] = []

  /// Makes a window in which nothing is taken.
  package init(base: UInt64, byteCount: UInt64) {
    precondition(base % AddressSpace.pageByteCount == 0, "a window begins at a whole page")
    precondition(byteCount <= .max - base, "a window ends where addresses end")
    self.base = base
    self.byteCount = byteCount
  }

  /// Bytes of the largest buffer that fits now.
  package var largestFree: UInt64 {
    gaps.map { gap in
      let length = (gap.upperBound - gap.lowerBound) / AddressSpace.pageByteCount * AddressSpace.pageByteCount
      return length > 2 * AddressSpace.pageByteCount ? length - 2 * AddressSpace.pageByteCount : 0
    }.max() ?? 0
  }

  /// Bytes that no buffer takes, guard pages not counted as free.
  package var free: UInt64 { gaps.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

  /// Takes addresses for a buffer.
  ///
  /// - Returns: The first one, `nil` if there is no gap large enough.
  package mutating func allocate(byteCount: Int) -> UInt64? {
    let page = AddressSpace.pageByteCount
    let (rounded, overflow) = UInt64(byteCount).addingReportingOverflow(3 * page - 1)
    guard !overflow else { return nil }
    let needed = rounded / page * page
    guard let gap = gaps.first(where: { $0.upperBound - $0.lowerBound >= needed }) else { return nil }
    let range = gap.lowerBound..<gap.lowerBound + needed
    let place = taken.firstIndex { $0.lowerBound > range.lowerBound } ?? taken.count
    taken.insert(range, at: place)
    return range.lowerBound + page
  }

  /// Gives a buffer's addresses back.
  package mutating func release(_ address: UInt64) {
    guard let place = taken.firstIndex(where: { $0.lowerBound == address - AddressSpace.pageByteCount }) else {
      preconditionFailure("no buffer begins at 0x\(String(address, radix: 16))")
    }
    taken.remove(at: place)
  }

  private var gaps: [Range<UInt64>] {
    var gaps: [Range<UInt64>] = []
    var start = base
    for range in taken {
      if range.lowerBound > start { gaps.append(start..<range.lowerBound) }
      start = range.upperBound
    }
    if base + byteCount > start { gaps.append(start..<base + byteCount) }
    return gaps
  }
}
