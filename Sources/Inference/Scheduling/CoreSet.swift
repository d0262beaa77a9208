/// Some of a scheduler's cores, at most 64, by their numbers.
package struct CoreSet: Hashable, Sendable, CustomStringConvertible {
  /// The most cores that a scheduler has.
  package static let mostCores = 64

  private var bits: UInt64

  /// Makes an empty set.
  package init() { bits = 0 }

  /// Makes a set of numbers below 64.
  package init(_ cores: some Sequence<Int>) {
    bits = 0
    for core in cores { insert(core) }
  }

  /// Whether there is none.
  package var isEmpty: Bool { bits == 0 }

  /// How many there are.
  package var count: Int { bits.nonzeroBitCount }

  /// Whether a core belongs to it.
  package func contains(_ core: Int) -> Bool { bits & (1 << UInt64(core)) != 0 }

  /// Adds a core.
  package mutating func insert(_ core: Int) {
    precondition((0..<CoreSet.mostCores).contains(core), "core \(core): a scheduler has at most 64 cores")
    bits |= 1 << UInt64(core)
  }

  /// Takes a core out.
  package mutating func remove(_ core: Int) { bits &= ~(1 << UInt64(core)) }

  /// The cores that belong to both.
  package func intersection(_ other: CoreSet) -> CoreSet {
    var result = self
    result.bits &= other.bits
    return result
  }

  /// The cores that belong to either.
  package func union(_ other: CoreSet) -> CoreSet {
    var result = self
    result.bits |= other.bits
    return result
  }

  /// The set without one core.
  package func removing(_ core: Int) -> CoreSet {
    var result = self
    result.remove(core)
    return result
  }

  /// The numbers.
  package var description: String {
    "{" + (0..<CoreSet.mostCores).filter(contains).map(String.init).joined(separator: " ") + "}"
  }
}
