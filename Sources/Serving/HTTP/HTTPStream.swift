import CHTTPDaemon
import Threads

/// The body of an answer that goes on: pieces for one client.
///
/// Who sends never waits. A client that is slower than what is sent gets less of it: of the pieces that wait, the oldest is
/// left out; a piece whose sending has begun is sent whole. The connection costs no thread while there is nothing to say.
package final class HTTPStream: Sendable, Equatable {
  private struct State {
    /// The piece that is being sent, and how much of it has been.
    var current: [UInt8] = []
    var sentCount = 0
    var waiting: [[UInt8]] = []
    var leftOutCount = 0
    /// When the client last took something, or had everything.
    var lastTaken = Moment.now
    /// No further pieces; what waits is still sent.
    var isFinished = false
    /// Nobody reads any more.
    var isClosed = false
    /// Where to go on; set while the connection is suspended.
    var suspended: OpaquePointer?
  }

  /// How many pieces may wait.
  package let depth: Int
  private let state = Guarded(State())

  /// Makes a stream without a client.
  ///
  /// - Parameters:
  ///   - depth: How many pieces may wait.
  ///   - first: What the client gets in any case, before all else.
  package init(depth: Int, first: [UInt8] = []) {
    precondition(depth > 0, "a stream that keeps no piece")
    self.depth = depth
    state.withLock { $0.current = first }
  }

  /// Hands a piece over; after the end it is thrown away.
  package func send(_ piece: [UInt8]) {
    state.withLock { state in
      guard !piece.isEmpty, !state.isFinished, !state.isClosed else { return }
      // Until now the client had everything.
      if state.waiting.isEmpty, state.sentCount == state.current.count { state.lastTaken = .now }
      if state.waiting.count == depth {
        state.waiting.removeFirst()
        state.leftOutCount += 1
      }
      state.waiting.append(piece)
      HTTPStream.resume(&state)
    }
  }

  /// Ends the body behind what has been handed over.
  package func finish() {
    state.withLock { state in
      state.isFinished = true
      HTTPStream.resume(&state)
    }
  }

  /// Nobody reads any more.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.waiting = []
      state.current = []
      state.sentCount = 0
      state.suspended = nil
    }
  }

  /// Whether pieces still reach somebody.
  package var isOpen: Bool { state.withLock { !$0.isFinished && !$0.isClosed } }

  /// Pieces that were left out, since the client was slower.
  package var leftOutCount: Int { state.withLock { $0.leftOutCount } }

  /// Takes what waits, in place of a client.
  package var waitingBytes: [UInt8] {
    state.withLock { state in
      defer { (state.current, state.sentCount, state.waiting) = ([], 0, []) }
      return state.waiting.reduce(Array(state.current[state.sentCount...]), +)
    }
  }

  /// Whether the client has taken nothing for so long, although there was something.
  func isStuck(at now: Moment, _ limit: Duration) -> Bool {
    state.withLock { state in
      guard state.sentCount < state.current.count || !state.waiting.isEmpty else { return false }
      return now - state.lastTaken > limit
    }
  }

  /// Fills a buffer; on the daemon's thread, which asks when the client can take something.
  ///
  /// - Returns: Bytes; 0 after the connection was suspended, -1 at the end.
  func read(into buffer: UnsafeMutableBufferPointer<UInt8>, _ handle: OpaquePointer) -> Int {
    let address = UInt(bitPattern: handle)
    let space = buffer.count
    let part = state.withLock { state -> ArraySlice<UInt8>? in
      state.lastTaken = .now
      if state.sentCount == state.current.count {
        guard !state.waiting.isEmpty else {
          if state.isFinished || state.isClosed { return nil }
          let handle = OpaquePointer(bitPattern: address)
          // With the lock held, so that nobody resumes it before.
          chttpd_suspend(handle)
          state.suspended = handle
          return []
        }
        state.current = state.waiting.removeFirst()
        state.sentCount = 0
      }
      let begin = state.sentCount
      state.sentCount += min(space, state.current.count - begin)
      return state.current[begin..<state.sentCount]
    }
    guard let part else { return -1 }
    return part.withUnsafeBufferPointer { buffer.update(fromContentsOf: $0) }
  }

  private static func resume(_ state: inout State) {
    guard let handle = state.suspended else { return }
    state.suspended = nil
    chttpd_resume(handle)
  }

  /// Whether two are the same stream.
  package static func == (one: HTTPStream, other: HTTPStream) -> Bool { one === other }
}
