import CHTTPDaemon
import Glibc
import Threads

/// A client's connection: its clock, and the exchange that is under way on it.
final class HTTPConnection: Sendable {
  private struct State {
    var clock: ConnectionClock
    /// -1 when it is closed.
    var descriptor: Int32
    var exchange: HTTPExchange?
    /// The answer that goes on, where one does.
    var stream: HTTPStream?
    /// What is said when the time of the request is up, where that is known already.
    var refusal: HTTPResponse?
    /// What had come when the last request was read to its end, where the system counts it.
    var receivedCount: UInt64?

    /// Remembers what has come by the end of a request: a byte more is the next one's.
    ///
    /// What was sent together with a request is taken for a part of it.
    mutating func countReceived() { receivedCount = HTTPConnection.receivedCount(of: descriptor) }

    /// Looks whether a further request has begun, of which the library tells only when its first line is whole.
    mutating func lookForBytes(at now: Moment) {
      guard clock.step == .waiting(isFirst: false), let receivedCount else { return }
      if let count = HTTPConnection.receivedCount(of: descriptor), count > receivedCount { clock.bytesCame(at: now) }
    }
  }

  /// Who is at the other end.
  let peer: HTTPPeer
  let server: HTTPServer.Shared
  private let state: Guarded<State>

  init(descriptor: Int32, server: HTTPServer.Shared) {
    self.server = server
    peer = HTTPConnection.peer(of: descriptor)
    state = Guarded(State(clock: ConnectionClock(server.limits, openedAt: .now), descriptor: descriptor))
  }

  /// The first line of a request has come.
  func begin(_ target: String) -> HTTPExchange {
    let exchange = HTTPExchange(target: target, connection: self)
    state.withLock {
      $0.clock.requestBegan(at: .now)
      $0.exchange = exchange
    }
    return exchange
  }

  /// The request's last byte has come; gives the deadline of its answer, `nil` when the connection is over.
  func requestEnded() -> Moment? {
    state.withLock {
      $0.clock.requestEnded()
      $0.countReceived()
      return $0.clock.step == .answering ? $0.clock.answerDeadline : nil
    }
  }

  /// The answer goes out; `false` when the connection is over.
  func answerBegan() -> Bool {
    state.withLock {
      // A request that was refused by its head.
      if $0.clock.step == .reading { $0.countReceived() }
      $0.clock.answerBegan(at: .now)
      return $0.clock.step == .sending
    }
  }

  /// An answer goes out that has no end; `false` when the connection is over.
  func streamBegan(_ stream: HTTPStream) -> Bool {
    state.withLock { state in
      guard state.descriptor >= 0, state.clock.step != .over else { return false }
      state.clock.streamBegan()
      state.stream = stream
      // What lies in the system's memory is old when it arrives: a slow client should rather get less and newer.
      var byteCount = Int32(64 << 10)
      setsockopt(state.descriptor, SOL_SOCKET, SO_SNDBUF, &byteCount, socklen_t(MemoryLayout<Int32>.size))
      return true
    }
  }

  /// Lets an answer that goes on come to its end.
  func endStream() { state.withLock { $0.stream }?.finish() }

  /// The exchange is over.
  func exchangeEnded() {
    state.withLock {
      $0.clock.answerEnded(at: .now)
      $0.exchange = nil
      $0.stream = nil
      $0.refusal = nil
    }
  }

  /// The descriptor is about to be closed.
  func close() {
    state.withLock {
      $0.descriptor = -1
      $0.exchange = nil
    }
  }

  /// Answers in place of the handler, where one is still at work.
  func giveUp(_ error: ServingError) {
    let exchange = state.withLock { $0.exchange }
    exchange?.answer(HTTPResponse(error))
  }

  /// The request that is being read will be refused, at its end or when its time is up.
  ///
  /// - Parameter timeLimit: A shorter time for the rest of it.
  func willRefuse(_ response: HTTPResponse, within timeLimit: Duration?) {
    state.withLock {
      $0.refusal = response
      if let timeLimit { $0.clock.hurry(until: .now + timeLimit) }
    }
  }

  /// Ends what took too long.
  func check(at now: Moment) {
    let limits = server.limits
    let late = state.withLock { state -> HTTPExchange? in
      guard state.descriptor >= 0 else { return nil }
      if let stream = state.stream {
        // The library does not look at a connection that is set aside, nor does it mind one that takes nothing.
        if stream.isStuck(at: now, limits.sendingTime) || HTTPConnection.isGone(state.descriptor) {
          HTTPConnection.end(state.descriptor, saying: nil)
          stream.finish()
        }
        return nil
      }
      state.lookForBytes(at: now)
      switch state.clock.check(at: now) {
      case .wait: return nil
      case .refuse:
        let limit = server.limits.readingTime
        let words = "the request did not come within \(limit), from its first byte to its last"
        let response = state.refusal ?? HTTPResponse(ServingError(.requestTimedOut, words))
        HTTPConnection.end(state.descriptor, saying: response)
        return nil
      case .end:
        HTTPConnection.end(state.descriptor, saying: nil)
        return nil
      case .answer: return state.exchange
      }
    }
    late?.answer(
      HTTPResponse(
        ServingError(.unavailable, "there was no answer within \(server.limits.answeringTime); try again later")))
  }

  /// Says why, and ends the connection, while the request is still being read.
  func refuse(_ response: HTTPResponse) {
    state.withLock { state in
      guard state.descriptor >= 0, state.clock.step == .reading else { return }
      HTTPConnection.end(state.descriptor, saying: response)
    }
  }

  /// The library sends nothing while a request is read, so that a few bytes can go out beside it.
  private static func end(_ descriptor: Int32, saying response: HTTPResponse?) {
    if let response {
      let bytes = response.closingBytes
      _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    // The library sees the end, and closes.
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Whether the client has ended the connection.
  private static func isGone(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count == 0 || count < 0 && errno != EAGAIN && errno != EINTR
  }

  private static func receivedCount(of descriptor: Int32) -> UInt64? {
    var count: UInt64 = 0
    return chttpd_received_count(descriptor, &count) ? count : nil
  }

  private static func peer(of descriptor: Int32) -> HTTPPeer {
    var user: UInt32 = 0
    if chttpd_peer_user(descriptor, &user) { return .user(user) }
    var text = [CChar](repeating: 0, count: 64)
    chttpd_peer_address(descriptor, &text, text.count)
    let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    return address.isEmpty ? .unknown : .address(address)
  }
}
