/// What a simulated board has for cores: anything that executes the program at an address.
///
/// Tests put cores of a few lines in the place of the real one.
package protocol Core: AnyObject {
  /// Runs a program from its first instruction to its end.
  ///
  /// - Parameters:
  ///   - codeAddress: Where the program begins.
  ///   - bases: The register REG_n at place n, `nil` where it holds no base.
  ///   - order: The order of instructions.
  /// - Throws: `CoreFault` where the program or its memory does not fit.
  func run(codeAddress: UInt64, bases: [UInt64?], order: IssueOrder) throws(CoreFault) -> CoreCounters
}

extension SimulatedCore: Core {}
