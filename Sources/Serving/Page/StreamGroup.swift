import Threads

/// The clients that look at one kind of stream.
package final class StreamGroup: Sendable {
  private struct Member {
    let stream: HTTPStream
    /// The model that the client looks at; `nil` for all.
    let model: String?
  }

  private struct State {
    var members: [Member] = []
    /// Pieces that were left out for clients that have gone.
    var leftOutCount = 0
    var isOver = false
  }

  private let name: String
  private let limit: Int
  private let depth: Int
  private let state = Guarded(State())

  /// Makes a group without clients.
  ///
  /// - Parameters:
  ///   - name: What is looked at, for messages.
  ///   - limit: The most clients at a time.
  ///   - depth: How many pieces wait for a client that is slow.
  package init(_ name: String, limit: Int, depth: Int) {
    self.name = name
    self.limit = limit
    self.depth = depth
  }

  /// Lets a client look.
  ///
  /// - Parameter first: What it gets before all else.
  /// - Throws: `.unavailable` where too many look, and after the end.
  package func open(model: String? = nil, first: [UInt8] = []) throws(ServingError) -> HTTPStream {
    try state.withLock { state throws(ServingError) in
      StreamGroup.leaveOutClosed(&state)
      guard !state.isOver else { throw ServingError(.unavailable, "the service ends; look at another instance") }
      guard state.members.count < limit else {
        throw ServingError(
          .unavailable, "\(limit) clients look at the \(name), which is as many as may; close a page and try again")
      }
      let stream = HTTPStream(depth: depth, first: first)
      state.members.append(Member(stream: stream, model: model))
      return stream
    }
  }

  /// Hands a piece to all who look at a model, or to all.
  package func send(_ piece: [UInt8], model: String? = nil) {
    state.withLock { state in
      StreamGroup.leaveOutClosed(&state)
      for member in state.members where model == nil || member.model == nil || member.model == model {
        member.stream.send(piece)
      }
    }
  }

  /// Whether somebody looks at a model.
  package func wants(_ model: String) -> Bool {
    state.withLock { state in
      state.members.contains { ($0.model == nil || $0.model == model) && $0.stream.isOpen }
    }
  }

  /// How many look.
  package var count: Int {
    state.withLock { state in
      StreamGroup.leaveOutClosed(&state)
      return state.members.count
    }
  }

  /// Pieces that clients were too slow for.
  package var leftOutCount: Int {
    state.withLock { state in state.members.reduce(state.leftOutCount) { $0 + $1.stream.leftOutCount } }
  }

  /// Ends all, and lets nobody look any more.
  package func finish() {
    state.withLock { state in
      state.isOver = true
      for member in state.members { member.stream.finish() }
    }
  }

  private static func leaveOutClosed(_ state: inout State) {
    state.members.removeAll { member in
      if member.stream.isOpen { return false }
      state.leftOutCount += member.stream.leftOutCount
      return true
    }
  }
}
