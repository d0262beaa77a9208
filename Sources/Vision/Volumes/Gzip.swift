import CZlib

/// Packs and unpacks gzip files through zlib; a file may hold several members, one behind the other.
///
/// - Source: RFC 1952; zlib.h.
enum Gzip {
  /// What a gzip file holds.
  struct Content {
    /// The first bytes of it, as many as were asked for.
    var bytes: [UInt8] = []
    /// Bytes in all; those that were kept, if unpacking stopped with them.
    var byteCount = 0
  }

  /// Whether a file is packed.
  static func isPacked(_ file: [UInt8]) -> Bool { file.starts(with: [0x1F, 0x8B]) }

  /// Unpacks a file.
  ///
  /// - Parameters:
  ///   - count: How many bytes to keep; what follows them is unpacked for its checksum and dropped.
  ///   - stopsEarly: Whether unpacking ends with the bytes that are kept.
  /// - Throws: `damaged` for a file that is cut off or corrupt, `tooLarge` beyond the limit for files.
  static func unpack(_ file: [UInt8], keeping count: Int, stopsEarly: Bool = false) throws(VisionError) -> Content {
    let stream = try Stream(windowBits: 31)
    return try unpack(file, with: stream, keeping: count, stopsEarly: stopsEarly)
  }

  /// Packs bytes as a file of one member without a time, so that equal bytes give equal files.
  static func pack(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    let begun = deflateInit2_(
      &stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(begun == Z_OK, "zlib has no memory for packing (\(begun))")
    defer { deflateEnd(&stream) }
    var packed: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: chunkByteCount)
    bytes.withUnsafeBufferPointer { source in
      var given = 0
      var result = Z_OK
      while result != Z_STREAM_END {
        let part = min(chunkByteCount, source.count - given)
        let consumed = chunk.withUnsafeMutableBufferPointer { target -> (read: Int, written: Int) in
          stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + given })
          stream.avail_in = UInt32(part)
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          result = deflate(&stream, given + part == source.count ? Z_FINISH : Z_NO_FLUSH)
          return (part - Int(stream.avail_in), target.count - Int(stream.avail_out))
        }
        precondition(result != Z_STREAM_ERROR, "zlib refuses what it was given")
        given += consumed.read
        packed += chunk[..<consumed.written]
      }
    }
    return packed
  }

  private static let chunkByteCount = 1 << 16

  /// The state of unpacking, with one owner.
  private final class Stream {
    var state = z_stream()

    init(windowBits: Int32) throws(VisionError) {
      let begun = inflateInit2_(&state, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      guard begun == Z_OK else { throw VisionError(.cannotRead, "cannot be unpacked: zlib has no memory") }
    }

    deinit { inflateEnd(&state) }

    /// Unpacks the next part.
    ///
    /// - Returns: zlib's answer, and the bytes read and written.
    func next(
      from source: UnsafeBufferPointer<UInt8>, _ position: Int, to chunk: UnsafeMutableBufferPointer<UInt8>
    ) -> (result: Int32, read: Int, written: Int) {
      let part = min(1 << 30, source.count - position)
      state.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + position })
      state.avail_in = UInt32(part)
      state.next_out = chunk.baseAddress
      state.avail_out = UInt32(chunk.count)
      let result = inflate(&state, Z_NO_FLUSH)
      return (result, part - Int(state.avail_in), chunk.count - Int(state.avail_out))
    }
  }

  private static func unpack(
    _ file: [UInt8], with stream: Stream, keeping count: Int, stopsEarly: Bool
  ) throws(VisionError) -> Content {
    var content = Content()
    var position = 0
    var chunk = [UInt8](repeating: 0, count: chunkByteCount)
    while true {
      let (result, read, written) = file.withUnsafeBufferPointer { source in
        chunk.withUnsafeMutableBufferPointer { stream.next(from: source, position, to: $0) }
      }
      position += read
      content.bytes += chunk[..<min(written, count - content.bytes.count)]
      content.byteCount += written
      if stopsEarly, content.bytes.count == count { return content }
      guard content.byteCount <= FileContent.largestByteCount else {
        throw VisionError(.tooLarge, "unpacks to more than the limit of \(FileContent.largestByteCount) bytes")
      }
      switch result {
      case Z_STREAM_END:
        // Another member may follow; whatever else follows is no part of the content.
        guard position < file.count, file[position...].starts(with: [0x1F, 0x8B]) else { return content }
        inflateReset(&stream.state)
      case Z_OK where read > 0 || written > 0: continue
      case Z_OK, Z_BUF_ERROR:
        throw VisionError(
          .damaged, "is cut off: its gzip data ends after \(content.byteCount) bytes of content, in the middle")
      case Z_MEM_ERROR: throw VisionError(.cannotRead, "cannot be unpacked: zlib has no memory")
      default:
        let reason = stream.state.msg.map { String(cString: $0) } ?? "zlib's error \(result)"
        throw VisionError(
          .damaged, "has damaged gzip data (\(reason)) after \(content.byteCount) bytes of content")
      }
    }
  }
}
