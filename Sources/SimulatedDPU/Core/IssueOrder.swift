/// The order in which a core works on a program.
package enum IssueOrder: Equatable, Sendable {
  /// One instruction after another as the program has them.
  case program
  /// As the engines might, side by side, in a random order that the dependency tokens allow; transfers are broken into
  /// pieces, and those of two SAVEs in flight mix.
  case random(seed: UInt64)
}
