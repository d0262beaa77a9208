extension HTTPLimits {
  /// Looks whether a head is within the limits, and does not contradict itself.
  ///
  /// - Returns: What is wrong with it, and how long the body is that follows; a length that is not told is taken for short.
  package func look(at head: HTTPRequestHead) -> (error: ServingError?, byteCount: Int) {
    var length = 0
    do throws(ServingError) {
      let given = try head.headers.byteCount("Content-Length")
      let coding = try head.headers.single("Transfer-Encoding")
      length = given ?? (coding == nil ? 0 : 1)
      let headerByteCount = head.headers.lines.reduce(head.target.utf8.count) {
        $0 + $1.name.utf8.count + $1.value.utf8.count
      }
      guard headerByteCount <= self.headerByteCount, head.headers.lines.count <= headerCount else {
        throw ServingError(
          .headersTooLarge,
          "the request has \(head.headers.lines.count) headers of \(headerByteCount) bytes, at most "
            + "\(headerCount) of \(self.headerByteCount) bytes are read")
      }
      guard given == nil || coding == nil else {
        throw ServingError(
          .badRequest, "the headers Content-Length and Transfer-Encoding contradict one another: send one of them")
      }
      guard length <= bodyByteCount else {
        throw ServingError(
          .tooLarge, "the body has \(length) bytes, at most \(bodyByteCount) are read")
      }
    } catch {
      return (error, length)
    }
    return (nil, length)
  }
}
