import CSPNG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory for libspng and zlib that is used again from one file to the next; for one thread at a time.
///
/// Blocks have sizes of powers of two; those that are given back wait in a list for each size. The library calls its
/// allocator without a pointer of the caller's, so its functions find the memory by their thread.
package final class PNGMemory {
  /// The most bytes that wait for being used again: as much as the parts of a large overlay.
  package static let mostKept = 1 << 25
  /// Room for a block's size before it, and its alignment.
  private static let headerByteCount = 16

  /// The first waiting block of each size; each begins with the address of the next.
  private var waiting = [UnsafeMutableRawPointer?](repeating: nil, count: 48)
  /// The bytes of all waiting blocks.
  package private(set) var waitingByteCount = 0

  /// Makes memory of which nothing is taken yet.
  package init() {}

  deinit { forget() }

  /// Lets go of all blocks that wait.
  package func forget() {
    for size in waiting.indices {
      while let block = waiting[size] {
        waiting[size] = block.load(as: UnsafeMutableRawPointer?.self)
        free(block - PNGMemory.headerByteCount)
      }
    }
    waitingByteCount = 0
  }

  /// Makes libspng's handle, for reading one file or writing one, and destroys it afterwards.
  func withContext<R>(
    flags: Int32, _ body: (borrowing SPNGContext) throws(VisionError) -> R
  ) throws(VisionError) -> R {
    let outer = pthread_getspecific(PNGMemory.ofThread)
    pthread_setspecific(PNGMemory.ofThread, Unmanaged.passUnretained(self).toOpaque())
    defer { pthread_setspecific(PNGMemory.ofThread, outer) }
    return try body(try SPNGContext(allocator: PNGMemory.allocator, flags: flags))
  }

  /// A block of at least so many bytes, of any content; `nil` where there is no memory.
  package func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount >= 0, byteCount < 1 << (waiting.count - 1) else { return nil }
    let size = PNGMemory.sizeClass(of: byteCount)
    if let block = waiting[size] {
      waiting[size] = block.load(as: UnsafeMutableRawPointer?.self)
      waitingByteCount -= 1 << size
      return block
    }
    guard let memory = malloc(PNGMemory.headerByteCount + 1 << size) else { return nil }
    memory.storeBytes(of: size, as: Int.self)
    return memory + PNGMemory.headerByteCount
  }

  /// Takes a block back.
  package func giveBack(_ block: UnsafeMutableRawPointer) {
    let size = PNGMemory.sizeClass(ofBlock: block)
    // What filled the memory was for other files: what is in use now is what the next file needs.
    if waitingByteCount + 1 << size > PNGMemory.mostKept { forget() }
    guard 1 << size <= PNGMemory.mostKept else { return free(block - PNGMemory.headerByteCount) }
    block.storeBytes(of: waiting[size], as: UnsafeMutableRawPointer?.self)
    waiting[size] = block
    waitingByteCount += 1 << size
  }

  /// Makes a block larger; its content stays.
  package func enlarge(_ block: UnsafeMutableRawPointer?, to byteCount: Int) -> UnsafeMutableRawPointer? {
    guard let block else { return allocate(byteCount) }
    let size = PNGMemory.sizeClass(ofBlock: block)
    if byteCount >= 0, byteCount <= 1 << size { return block }
    guard let larger = allocate(byteCount) else { return nil }
    larger.copyMemory(from: block, byteCount: 1 << size)
    giveBack(block)
    return larger
  }

  /// The power of two that holds so many bytes; at least the address of the next block.
  private static func sizeClass(of byteCount: Int) -> Int {
    byteCount <= 64 ? 6 : Int.bitWidth - (byteCount - 1).leadingZeroBitCount
  }

  private static func sizeClass(ofBlock block: UnsafeMutableRawPointer) -> Int {
    (block - headerByteCount).load(as: Int.self)
  }
}

extension PNGMemory {
  /// Where a thread finds the memory that it works with.
  private static let ofThread: pthread_key_t = {
    var key = pthread_key_t()
    guard pthread_key_create(&key, nil) == 0 else { preconditionFailure("the system has no key for a thread's memory") }
    return key
  }()

  private static var current: PNGMemory {
    guard let memory = pthread_getspecific(ofThread) else { preconditionFailure("libspng is called without a context") }
    return Unmanaged<PNGMemory>.fromOpaque(memory).takeUnretainedValue()
  }

  private static var allocator: spng_alloc {
    spng_alloc(
      malloc_fn: { PNGMemory.current.allocate($0) },
      realloc_fn: { PNGMemory.current.enlarge($0, to: $1) },
      calloc_fn: { count, size in
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, byteCount >= 0, let block = PNGMemory.current.allocate(byteCount) else { return nil }
        memset(block, 0, byteCount)
        return block
      },
      free_fn: { block in
        if let block { PNGMemory.current.giveBack(block) }
      })
  }
}
