import CHTTPDaemon
import Glibc
import Threads

/// One request and its answer, from the first line to the last byte.
///
/// The daemon's thread reads; a task answers, and the connection is set aside meanwhile.
final class HTTPExchange: Sendable {
  private enum Phase {
    case head
    case body
    /// What is read is thrown away: the answer is known, and the client should live to hear it.
    case discarding(HTTPResponse)
    case answering
    case answered(HTTPResponse)
    case sent
  }

  private struct State {
    var phase = Phase.head
    var head: HTTPRequestHead?
    var body: [UInt8] = []
    var discardedByteCount = 0
    var task: Task<Void, Never>?
    /// Where to go on; set while the exchange is suspended.
    var suspended: OpaquePointer?
    /// The answer that goes on, where it is one.
    var stream: HTTPStream?
  }

  /// How long a request is read whose head contradicts itself.
  private static let liarTime = Duration.seconds(1)

  private let target: String
  private let connection: HTTPConnection
  private let state = Guarded(State())

  init(target: String, connection: HTTPConnection) {
    self.target = target
    self.connection = connection
    connection.server.exchangeBegan()
  }

  private var limits: HTTPLimits { connection.server.limits }

  /// Goes a step further; on the daemon's thread.
  ///
  /// - Returns: Whether the connection is kept.
  func advance(_ handle: OpaquePointer, method: String, bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let phase = state.withLock { $0.phase }
    switch phase {
    case .head: return readHead(handle, method)
    case .body where !bytes.isEmpty: return add(bytes)
    case .body: return begin(handle)
    case .discarding(let response):
      guard bytes.isEmpty else { return discard(bytes.count, response) }
      return send(response, handle)
    case .answered(let response): return send(response, handle)
    case .answering, .sent: return true
    }
  }

  /// Answers, unless someone has.
  func answer(_ response: HTTPResponse) {
    let (isTaken, suspended) = state.withLock { state -> (Bool, UInt) in
      guard case .answering = state.phase else { return (false, 0) }
      state.phase = .answered(response)
      state.task?.cancel()
      return (true, UInt(bitPattern: state.suspended))
    }
    if !isTaken { response.stream?.close() }
    // Suspended until here, the connection can't have been closed.
    if let handle = OpaquePointer(bitPattern: suspended) { chttpd_resume(handle) }
  }

  /// The connection is done with it; on the daemon's thread.
  func end() {
    let (held, task, stream) = state.withLock { state in
      // An answer that goes on, and that nobody stayed for.
      if case .answered(let response) = state.phase { response.stream?.close() }
      defer {
        state.body = []
        state.task = nil
        state.stream = nil
        state.phase = .sent
      }
      return (state.body.count, state.task, state.stream)
    }
    task?.cancel()
    connection.server.hold(-held)
    connection.exchangeEnded()
    if let stream {
      stream.close()
      connection.server.streamEnded()
    } else {
      connection.server.exchangeEnded()
    }
  }

  private func readHead(_ handle: OpaquePointer, _ method: String) -> Bool {
    let headers = readHeaders(handle)
    let head = HTTPRequestHead(method: method, target: target, headers: headers, peer: connection.peer)
    let (refusal, byteCount) = look(at: head)
    guard let refusal else {
      state.withLock {
        $0.head = head
        $0.phase = .body
      }
      return true
    }
    // Who asks before sending is told at once, and the library ends the connection behind such an early answer. Everybody
    // else is heard out: who has begun to send would hear nothing otherwise, and who sends nothing keeps the connection.
    let waits = headers.values("Expect").contains { $0.lowercased() == "100-continue" }
    if waits || byteCount > limits.discardedByteCount { return send(refusal, handle) }
    // A head that lies about its length may announce what never comes.
    connection.willRefuse(refusal, within: refusal.status == 400 ? HTTPExchange.liarTime : nil)
    state.withLock { $0.phase = .discarding(refusal) }
    return true
  }

  /// What is wrong with a head, and how long the body is that follows.
  private func look(at head: HTTPRequestHead) -> (HTTPResponse?, Int) {
    let (error, byteCount) = limits.look(at: head)
    return (error.map { HTTPResponse($0) } ?? connection.server.handler.refusal(of: head), byteCount)
  }

  private func add(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let count = state.withLock { $0.body.count }
    if count + bytes.count > limits.bodyByteCount {
      return beginDiscarding(
        ServingError(.tooLarge, "the body has more than the \(limits.bodyByteCount) bytes that are read"))
    }
    guard connection.server.hold(bytes.count) else {
      return beginDiscarding(
        ServingError(
          .unavailable,
          "the bodies of all requests together have more than the \(limits.heldByteCount) bytes that are held at a "
            + "time; try again later"))
    }
    state.withLock { $0.body.append(contentsOf: bytes) }
    return true
  }

  private func beginDiscarding(_ error: ServingError) -> Bool {
    let held = state.withLock { state in
      defer { state.body = [] }
      state.phase = .discarding(HTTPResponse(error))
      return state.body.count
    }
    connection.server.hold(-held)
    connection.willRefuse(HTTPResponse(error), within: nil)
    return true
  }

  private func discard(_ count: Int, _ response: HTTPResponse) -> Bool {
    let total = state.withLock { state in
      state.discardedByteCount = state.discardedByteCount.addingReportingOverflow(count).partialValue
      return state.discardedByteCount
    }
    guard total > limits.discardedByteCount else { return true }
    connection.refuse(response)
    return false
  }

  /// Hands the whole request to the handler.
  private func begin(_ handle: OpaquePointer) -> Bool {
    guard let deadline = connection.requestEnded() else { return false }
    chttpd_suspend(handle)
    let address = UInt(bitPattern: handle)
    let request = state.withLock { state -> HTTPRequest? in
      state.phase = .answering
      state.suspended = OpaquePointer(bitPattern: address)
      return state.head.map { HTTPRequest($0, body: state.body, deadline: deadline) }
    }
    guard let request else { preconditionFailure("a request without a head was read to its end") }
    let task = Task(executorPreference: connection.server.executor) { [handler = connection.server.handler] in
      let response = await handler.answer(request)
      self.answer(response)
    }
    state.withLock { state in
      if case .answering = state.phase { state.task = task }
    }
    return true
  }

  private func send(_ response: HTTPResponse, _ handle: OpaquePointer) -> Bool {
    if let stream = response.stream { return begin(stream, response, handle) }
    guard connection.answerBegan() else { return false }
    state.withLock { $0.phase = .sent }
    var response = response
    if connection.server.isClosing { response.headers.add("Connection", "close") }
    return chttpdAnswer(handle, response)
  }

  /// Begins an answer that goes on, unless the server is about to end.
  private func begin(_ stream: HTTPStream, _ response: HTTPResponse, _ handle: OpaquePointer) -> Bool {
    guard !connection.server.isClosing else {
      stream.close()
      return send(HTTPResponse(ServingError(.unavailable, "the service ends; look at another instance")), handle)
    }
    guard connection.streamBegan(stream) else {
      stream.close()
      return false
    }
    state.withLock {
      $0.phase = .sent
      $0.stream = stream
    }
    connection.server.streamBegan()
    return chttpdStream(handle, response, stream)
  }
}

/// Reads the headers of a request.
private func readHeaders(_ handle: OpaquePointer) -> HTTPHeaders {
  var headers = HTTPHeaders()
  withUnsafeMutablePointer(to: &headers) { pointer in
    chttpd_each_header(handle, pointer) { context, name, nameCount, value, valueCount in
      func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
      }
      context?.assumingMemoryBound(to: HTTPHeaders.self).pointee.add(text(name, nameCount), text(value, valueCount))
    }
  }
  return headers
}

/// Gives an answer to the library, which copies it.
private func chttpdAnswer(_ handle: OpaquePointer, _ response: HTTPResponse) -> Bool {
  withHeaders(of: response) {
    chttpd_answer(handle, UInt32(response.status), $0, $1, $2, response.body, response.body.count)
  }
}

/// Gives a stream to the library, which holds it until the end.
private func chttpdStream(_ handle: OpaquePointer, _ response: HTTPResponse, _ stream: HTTPStream) -> Bool {
  let source = chttpd_source(
    context: Unmanaged.passRetained(stream).toOpaque(),
    read: { context, handle, buffer, count in
      guard let context, let handle, let buffer else { return -1 }
      return Unmanaged<HTTPStream>.fromOpaque(context).takeUnretainedValue()
        .read(into: UnsafeMutableBufferPointer(start: buffer, count: count), handle)
    },
    release: { context in
      if let context { Unmanaged<HTTPStream>.fromOpaque(context).release() }
    })
  return withHeaders(of: response) { chttpd_stream(handle, UInt32(response.status), $0, $1, $2, source) }
}

/// Lends the headers of an answer as the library takes them: names, values, count.
private func withHeaders(
  of response: HTTPResponse,
  _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?], Int) -> Bool
) -> Bool {
  let lines = response.headers.lines
  let texts = lines.flatMap { [strdup($0.name), strdup($0.value)] }
  defer { for text in texts { free(text) } }
  let names = stride(from: 0, to: texts.count, by: 2).map { UnsafePointer(texts[$0]) }
  let values = stride(from: 1, to: texts.count, by: 2).map { UnsafePointer(texts[$0]) }
  return body(names, values, lines.count)
}
