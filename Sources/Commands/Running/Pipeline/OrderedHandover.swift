import Threads

/// Brings pieces of numbered work back into the order of their numbers; who is too far ahead waits.
package final class OrderedHandover<Element: Sendable>: Sendable {
  private struct State {
    var places: [Element?]
    /// The number that comes out next.
    var next = 0
    var isClosed = false
  }

  private let state: Monitor<State>

  /// Makes an empty hand-over for pieces whose numbers lie less than so many apart.
  package init(capacity: Int) {
    precondition(capacity > 0, "a hand-over without places")
    state = Monitor(State(places: Array(repeating: nil, count: capacity)))
  }

  /// Waits until a number is near enough and hands its piece over; each number once, from 0 and without gaps.
  ///
  /// - Returns: Whether it was taken in; a closed hand-over takes nothing.
  package func put(_ element: Element, number: Int) -> Bool {
    state.wait { state -> Bool? in
      if state.isClosed { return false }
      guard number < state.next + state.places.count else { return nil }
      precondition(number >= state.next, "number \(number) was handed over before")
      state.places[number % state.places.count] = element
      return true
    } ?? false
  }

  /// Waits for the piece whose turn it is, `nil` when nothing more comes.
  package func take() -> Element? {
    let piece: Element?? = state.wait { state in
      let place = state.next % state.places.count
      guard let element = state.places[place] else { return state.isClosed ? .some(nil) : nil }
      state.places[place] = nil
      state.next += 1
      return .some(element)
    }
    return piece ?? nil
  }

  /// Takes nothing in from now on; what is in it still comes out, in order up to the first gap.
  package func close() { state.update { $0.isClosed = true } }
}
