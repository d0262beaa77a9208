import Threads

/// The few newest frames between a source and what runs them: where it is full, the oldest gives way.
package final class FrameMailbox<Frame: Sendable>: Sendable {
  private struct State {
    var frames: [Frame] = []
    var isFinished = false
    var isClosed = false
  }

  private let capacity: Int
  private let state = Monitor(State())

  /// Makes an empty mailbox.
  ///
  /// - Precondition: A capacity of at least 1.
  package init(capacity: Int) {
    precondition(capacity > 0, "a mailbox holds at least one frame")
    self.capacity = capacity
    state.update { $0.frames.reserveCapacity(capacity) }
  }

  /// Puts a frame in, without waiting.
  ///
  /// - Returns: The frame that had to give way, or the frame itself where nobody takes any more.
  package func put(_ frame: Frame) -> Frame? {
    state.update { state in
      guard !state.isClosed else { return frame }
      let oldest = state.frames.count == capacity ? state.frames.removeFirst() : nil
      state.frames.append(frame)
      return oldest
    }
  }

  /// Puts a frame in as soon as there is room.
  ///
  /// - Returns: Whether it is in; not where nobody takes any more.
  package func putWhenFree(_ frame: Frame) -> Bool {
    state.wait { state in
      if state.isClosed { return false }
      guard state.frames.count < capacity else { return nil }
      state.frames.append(frame)
      return true
    } ?? false
  }

  /// Waits for the oldest frame, `nil` after the last.
  package func take() -> Frame? {
    let next: Frame?? = state.wait { state in
      if !state.frames.isEmpty { return .some(state.frames.removeFirst()) }
      return state.isFinished || state.isClosed ? .some(nil) : nil
    }
    return next ?? nil
  }

  /// Says that no more frames come; those that wait are still taken.
  package func finish() { state.update { $0.isFinished = true } }

  /// Lets nobody put or take any more.
  package func close() {
    state.update { state in
      state.isClosed = true
      state.frames.removeAll()
    }
  }
}
