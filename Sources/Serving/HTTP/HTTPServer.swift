import CHTTPDaemon
import Devices
import Synchronization
import Threads

/// Serves HTTP/1.1 over a listening socket: reads requests, hands them to a handler, sends the answers.
///
/// Parsing is libmicrohttpd's. One thread serves all connections of a socket, a second looks at their clocks; a request
/// that is being answered costs no thread.
package final class HTTPServer: Sendable {
  /// What connections share.
  final class Shared: Sendable {
    let limits: HTTPLimits
    let handler: any HTTPHandler
    let executor: (any TaskExecutor)?
    private let connections = Guarded<[ObjectIdentifier: HTTPConnection]>([:])
    private let heldByteCount = Guarded(0)
    private let closing = Atomic(false)
    /// Exchanges under way.
    let exchangeCount = Monitor(0)
    /// Answers that go on; they are not under way, since nobody waits for their end.
    let streamCount = Monitor(0)

    init(_ limits: HTTPLimits, _ handler: any HTTPHandler, _ executor: (any TaskExecutor)?) {
      self.limits = limits
      self.handler = handler
      self.executor = executor
    }

    /// Whether answers end their connections.
    var isClosing: Bool { closing.load(ordering: .relaxed) }

    func beginClosing() { closing.store(true, ordering: .relaxed) }

    func exchangeBegan() { exchangeCount.update { $0 += 1 } }

    func exchangeEnded() { exchangeCount.update { $0 -= 1 } }

    func streamBegan() {
      exchangeEnded()
      streamCount.update { $0 += 1 }
    }

    func streamEnded() { streamCount.update { $0 -= 1 } }

    /// Books memory for bodies, or gives it back; `false` where there is no more.
    @discardableResult
    func hold(_ byteCount: Int) -> Bool {
      heldByteCount.withLock { held in
        guard byteCount <= 0 || held + byteCount <= limits.heldByteCount else { return false }
        held += byteCount
        return true
      }
    }

    func add(_ connection: HTTPConnection) {
      connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: HTTPConnection) {
      connections.withLock { $0[ObjectIdentifier(connection)] = nil }
    }

    /// The connections that there are.
    var all: [HTTPConnection] { connections.withLock { Array($0.values) } }
  }

  private let shared: Shared
  // @unchecked: the library's functions may be called from any thread; stopped once.
  private nonisolated(unsafe) let daemon: OpaquePointer
  private let isStopped = Monitor(false)
  private let watch: OwnThread
  private let context: Unmanaged<Shared>
  /// The library must not find it closed, or that another file has got its number.
  private let socket: ListeningSocket

  /// Starts to serve.
  ///
  /// - Parameters:
  ///   - socket: Where clients connect; it is kept open until the server is let go of.
  ///   - handler: Answers.
  ///   - executor: Where the handler's tasks run; `nil` is where all tasks do.
  /// - Throws: `.failed` where the system gives no thread.
  package init(
    over socket: ListeningSocket, limits: HTTPLimits = HTTPLimits(), handler: any HTTPHandler,
    executor: (any TaskExecutor)? = nil
  ) throws(ServingError) {
    let shared = Shared(limits, handler, executor)
    let context = Unmanaged.passRetained(shared)
    guard let daemon = startDaemon(socket.descriptor, limits, context) else {
      context.release()
      throw ServingError(.failed, "the HTTP server can't be started: the system gives no thread or no memory")
    }
    let isStopped = isStopped
    do throws(DeviceError) {
      watch = try OwnThread {
        while isStopped.wait(timeLimit: .milliseconds(50), until: { $0 ? true : nil }) == nil {
          let now = Moment.now
          for connection in shared.all { connection.check(at: now) }
        }
      }
    } catch {
      chttpd_stop(daemon)
      context.release()
      throw ServingError(.failed, error.message)
    }
    self.shared = shared
    self.socket = socket
    self.context = context
    self.daemon = daemon
  }

  /// Requests that are being read, answered or sent.
  package var busyCount: Int { shared.exchangeCount.update { $0 } }
  /// Answers that go on.
  package var streamCount: Int { shared.streamCount.update { $0 } }
  /// Connections that are open.
  package var connectionCount: Int { shared.all.count }

  /// Lets each further answer end its connection.
  package func beginClosing() { shared.beginClosing() }

  /// Accepts no further connections, ends answers that go on, lets requests be answered, and ends; keeps the calling thread.
  ///
  /// - Parameter timeLimit: What has no answer by then gets 503.
  /// - Returns: How many got that.
  @discardableResult
  package func stop(within timeLimit: Duration) -> Int {
    guard isStopped.update({ $0 }) == false else { return 0 }
    beginClosing()
    chttpd_stop_accepting(daemon)
    for connection in shared.all { connection.endStream() }
    let isDone = shared.exchangeCount.wait(timeLimit: timeLimit) { $0 == 0 ? true : nil } ?? false
    var lateCount = 0
    if !isDone {
      lateCount = shared.exchangeCount.update { $0 }
      for connection in shared.all {
        connection.giveUp(ServingError(.unavailable, "the service stops; ask another instance"))
      }
      // What can't be sent within a moment ends with its connection.
      _ = shared.exchangeCount.wait(timeLimit: .seconds(1)) { $0 == 0 ? true : nil }
    }
    // Clients that take nothing do not take the end of a stream either; who does gets it.
    _ = shared.streamCount.wait(timeLimit: .seconds(1)) { $0 == 0 ? true : nil }
    isStopped.update { $0 = true }
    watch.join()
    chttpd_stop(daemon)
    context.release()
    return lateCount
  }

  deinit {
    precondition(isStopped.update { $0 }, "an HTTP server was let go of without being stopped")
  }
}

/// Starts the library's daemon; connections and exchanges are held by the library from their beginning to their end.
private func startDaemon(
  _ descriptor: Int32, _ limits: HTTPLimits, _ context: Unmanaged<HTTPServer.Shared>
) -> OpaquePointer? {
  let events = chttpd_events(
    context: context.toOpaque(),
    opened: { context, descriptor in
      guard let context else { return nil }
      let shared = Unmanaged<HTTPServer.Shared>.fromOpaque(context).takeUnretainedValue()
      let connection = HTTPConnection(descriptor: descriptor, server: shared)
      shared.add(connection)
      return Unmanaged.passRetained(connection).toOpaque()
    },
    closed: { record in
      guard let record else { return }
      let connection = Unmanaged<HTTPConnection>.fromOpaque(record).takeRetainedValue()
      connection.close()
      connection.server.remove(connection)
    },
    began: { record, target in
      guard let record, let target else { return nil }
      let connection = Unmanaged<HTTPConnection>.fromOpaque(record).takeUnretainedValue()
      return Unmanaged.passRetained(connection.begin(String(cString: target))).toOpaque()
    },
    advanced: { exchange, handle, method, bytes, count in
      guard let exchange, let handle, let method else { return false }
      return Unmanaged<HTTPExchange>.fromOpaque(exchange).takeUnretainedValue()
        .advance(handle, method: String(cString: method), bytes: UnsafeBufferPointer(start: bytes, count: count))
    },
    ended: { exchange, _ in
      guard let exchange else { return }
      Unmanaged<HTTPExchange>.fromOpaque(exchange).takeRetainedValue().end()
    })
  let daemonLimits = chttpd_limits(
    connection_count: UInt32(clamping: limits.connectionCount),
    connection_count_per_address: UInt32(clamping: limits.connectionCountPerAddress),
    // Room for pieces of a body beside the headers.
    connection_byte_count: limits.headerByteCount + 48 << 10)
  return chttpd_start(descriptor, daemonLimits, events)
}
