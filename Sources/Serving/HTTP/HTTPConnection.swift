import CHTTPDaemon
import Devices
import Glibc
import Synchronization

/// A client's connection: its clock, and the exchange that is under way on it.
final class HTTPConnection: Sendable {
  private struct State {
    var clock: ConnectionClock
    /// -1 when it is closed.
    var descriptor: Int32
    var exchange: HTTPExchange?
  }

  /// Who is at the other end.
  let peer: HTTPPeer
  let server: HTTPServer.Shared
  private let state: Mutex<State>

  init(descriptor: Int32, server: HTTPServer.Shared) {
    self.server = server
    peer = HTTPConnection.peer(of: descriptor)
    state = Mutex(State(clock: ConnectionClock(server.limits, openedAt: .now), descriptor: descriptor))
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
      return $0.clock.step == .answering ? $0.clock.answerDeadline : nil
    }
  }

  /// The answer goes out; `false` when the connection is over.
  func answerBegan() -> Bool {
    state.withLock {
      $0.clock.answerBegan(at: .now)
      return $0.clock.step == .sending
    }
  }

  /// The exchange is over.
  func exchangeEnded() {
    state.withLock {
      $0.clock.answerEnded(at: .now)
      $0.exchange = nil
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

  /// Ends what took too long.
  func check(at now: Moment) {
    let late = state.withLock { state -> HTTPExchange? in
      guard state.descriptor >= 0 else { return nil }
      switch state.clock.check(at: now) {
      case .wait: return nil
      case .refuse:
        let limit = server.limits.readingTime
        let words = "the request did not come within \(limit), from its first byte to its last"
        HTTPConnection.end(state.descriptor, saying: HTTPResponse(ServingError(.requestTimedOut, words)))
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

  private static func peer(of descriptor: Int32) -> HTTPPeer {
    var user: UInt32 = 0
    if chttpd_peer_user(descriptor, &user) { return .user(user) }
    var text = [CChar](repeating: 0, count: 64)
    chttpd_peer_address(descriptor, &text, text.count)
    let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return address.isEmpty ? .unknown : .address(address)
  }
}
