package import XModel

/// The two instruction encodings of the DPUCZDX8G: ISA0 of IP version 3, ISA1 of IP version 4.
package enum ISA: Int, CaseIterable, Sendable, CustomStringConvertible {
  case isa0, isa1

  /// The encoding that a fingerprint asks for, `nil` for another family of devices.
  package init?(_ fingerprint: Fingerprint) {
    guard fingerprint.isKnownFamily else { return nil }
    self.init(rawValue: fingerprint.instructionSet)
  }

  /// The name as it stands in target names.
  package var description: String { "ISA\(rawValue)" }
}
