/// The splitmix64 sequence: the same numbers for the same seed on every machine.
///
/// - Source: the golden vectors' input rule; an element of a golden input is the signed high byte of one output.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts a sequence.
  package init(seed: UInt64) { state = seed }

  /// The next number.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// So many int8 numbers by the golden rule.
  package mutating func int8s(_ count: Int) -> [Int8] {
    (0..<count).map { _ in Int8(bitPattern: UInt8(next() >> 56)) }
  }
}
