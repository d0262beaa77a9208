import Threads

/// A queue between threads that holds at most so many elements: who is ahead waits.
package final class BoundedQueue<Element: Sendable>: Sendable {
  private struct State {
    var places: [Element?]
    var first = 0
    var count = 0
    var isClosed = false
  }

  private let state: Monitor<State>

  /// Makes an empty queue.
  package init(capacity: Int) {
    precondition(capacity > 0, "a queue without places")
    state = Monitor(State(places: Array(repeating: nil, count: capacity)))
  }

  /// Waits for a place and puts an element there.
  ///
  /// - Returns: Whether it was taken in; a closed queue takes nothing.
  package func put(_ element: Element) -> Bool {
    state.wait { state -> Bool? in
      if state.isClosed { return false }
      guard state.count < state.places.count else { return nil }
      state.places[(state.first + state.count) % state.places.count] = element
      state.count += 1
      return true
    } ?? false
  }

  /// Waits for the next element, `nil` when the queue is closed and empty.
  package func take() -> Element? {
    let next: Element?? = state.wait { state in
      guard state.count > 0 else { return state.isClosed ? .some(nil) : nil }
      let element = state.places[state.first]
      state.places[state.first] = nil
      state.first = (state.first + 1) % state.places.count
      state.count -= 1
      return .some(element)
    }
    return next ?? nil
  }

  /// Takes nothing in from now on; what is in it still comes out, unless it is dropped.
  package func close(dropping: Bool = false) {
    state.update { state in
      state.isClosed = true
      guard dropping else { return }
      for place in state.places.indices { state.places[place] = nil }
      state.count = 0
    }
  }
}
