/// What a client may ask of the server, and for how long.
package struct HTTPLimits: Equatable, Sendable {
  /// Bytes of one body.
  package var bodyByteCount = 64 << 20
  /// Bytes of the bodies that are held at a time, of all connections.
  package var heldByteCount = 256 << 20
  /// Bytes of the headers of a request.
  package var headerByteCount = 16 << 10
  /// Headers of a request.
  package var headerCount = 100
  /// Connections at a time; further ones wait to be accepted.
  package var connectionCount = 512
  /// Connections at a time from one address, so that no client takes them all; further ones are ended at once. 0 for no such
  /// limit. Clients of a Unix socket have no address, and none.
  package var connectionCountPerAddress = 128
  /// From the opening of a connection to its first request's end, and from the first byte of a further request to its end.
  ///
  /// On a Unix socket a further request counts from its first line: the system does not tell of bytes there.
  package var readingTime = Duration.seconds(30)
  /// From the first line of a request to its answer, before any of it is sent.
  package var answeringTime = Duration.seconds(60)
  /// From an answer's first byte to its last.
  package var sendingTime = Duration.seconds(60)
  /// From the end of an answer to the first byte of the connection's next request, on a Unix socket to its first line.
  package var idleTime = Duration.seconds(75)

  /// Makes the usual limits.
  package init() {}

  /// Bytes that are read and thrown away, so that a client that sends too much hears that before the connection ends.
  var discardedByteCount: Int { bodyByteCount.multipliedReportingOverflow(by: 2).partialValue }
}
