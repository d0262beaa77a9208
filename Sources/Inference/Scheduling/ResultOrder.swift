/// Gives results in the order in which their places were taken, however they become ready.
package struct ResultOrder: Sendable {
  private var ready: [Bool]
  private var slots: [Int]
  private var first = 0
  private var count = 0

  /// Makes an order of at most so many places at a time.
  package init(capacity: Int) {
    precondition(capacity > 0, "an order without places")
    ready = [Bool](repeating: false, count: capacity)
    slots = [Int](repeating: 0, count: capacity)
  }

  /// How many places are taken.
  package var takenCount: Int { count }

  /// Whether no further place can be taken.
  package var isFull: Bool { count == ready.count }

  /// Whether there is a slot whose turn it is.
  package var isNextReady: Bool { count > 0 && ready[first] }

  /// Takes the next place for a slot.
  ///
  /// - Returns: The place, to be named when the slot is ready.
  package mutating func take(for slot: Int) -> Int {
    precondition(!isFull, "a place is taken where there is none")
    let place = (first + count) % ready.count
    count += 1
    slots[place] = slot
    ready[place] = false
    return place
  }

  /// Says that what has a place is ready.
  package mutating func makeReady(_ place: Int) {
    precondition((place - first + ready.count) % ready.count < count, "place \(place) is not taken")
    ready[place] = true
  }

  /// Gives the slot whose turn it is, `nil` if it is not ready, and frees its place.
  package mutating func next() -> Int? {
    guard count > 0, ready[first] else { return nil }
    let slot = slots[first]
    first = (first + 1) % ready.count
    count -= 1
    return slot
  }
}
