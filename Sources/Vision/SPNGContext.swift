import CSPNG

/// libspng's handle, for reading one file or writing one, with one owner.
struct SPNGContext: ~Copyable {
  let raw: OpaquePointer

  /// Makes a handle; for `PNGMemory.withContext` only, since the allocator finds its memory by the thread.
  init(allocator: spng_alloc, flags: Int32) throws(VisionError) {
    var allocator = allocator
    guard let raw = spng_ctx_new2(&allocator, flags) else {
      throw VisionError(.cannotRead, "the PNG codec cannot be started: out of memory")
    }
    self.raw = raw
  }

  deinit { spng_ctx_free(raw) }

  /// Turns a status into an error.
  func check(_ status: Int32) throws(VisionError) {
    guard status != 0 else { return }
    let reason = spng_strerror(status).map { String(cString: $0) } ?? "error \(status)"
    switch status {
    case SPNG_EMEM.rawValue, SPNG_EOVERFLOW.rawValue, SPNG_ECHUNK_LIMITS.rawValue:
      throw VisionError(.tooLarge, "is a PNG whose texts or profiles are beyond the limit: \(reason)")
    default: throw VisionError(.damaged, "is a PNG that cannot be decoded: \(reason)")
    }
  }
}
