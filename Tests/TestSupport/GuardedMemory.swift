import Foundation

/// Memory between two pages that nobody may touch, filled with one byte: a read or write beyond it ends the process.
package final class GuardedMemory {
  /// The first usable byte.
  package let start: UnsafeMutableRawPointer
  /// The usable bytes.
  package let count: Int
  private let mapping: UnsafeMutableRawPointer
  private let mapped: Int

  /// Maps so many bytes, either right behind the page before them or right up to the page behind them.
  package init(count: Int, atEnd: Bool, filledWith byte: UInt8) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let body = max((count + page - 1) / page, 1) * page
    mapped = body + 2 * page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let mapping = mmap(nil, mapped, PROT_READ | PROT_WRITE, Int32(flags), -1, 0), mapping != MAP_FAILED,
      mprotect(mapping, page, PROT_NONE) == 0, mprotect(mapping + page + body, page, PROT_NONE) == 0
    else { fatalError("cannot map \(mapped) bytes for a test") }
    self.mapping = mapping
    self.count = count
    start = mapping + page + (atEnd ? body - count : 0)
    start.initializeMemory(as: UInt8.self, repeating: byte, count: count)
  }

  /// The memory, to read or write elements of a type.
  package func elements<Element>(as type: Element.Type) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      start: start.assumingMemoryBound(to: type), count: count / MemoryLayout<Element>.stride)
  }

  deinit { munmap(mapping, mapped) }
}
