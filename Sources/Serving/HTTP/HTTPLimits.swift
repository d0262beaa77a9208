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
  /// From the opening of a connection, or from the first line of a request, to the request's end.
  package var readingTime = Duration.seconds(30)
  /// From the first line of a request to its answer, before any of it is sent.
  package var answeringTime = Duration.seconds(60)
  /// From an answer's first byte to its last.
  package var sendingTime = Duration.seconds(60)
  /// From the end of an answer to the first line of the connection's next request.
  package var idleTime = Duration.seconds(75)

  /// Makes the usual limits.
  package init() {}

  /// Bytes that are read and thrown away, so that a client that sends too much hears that before the connection ends.
  var discardedByteCount: Int { bodyByteCount.multipliedReportingOverflow(by: 2).partialValue }
}
