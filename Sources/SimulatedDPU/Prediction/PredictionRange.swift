package import XModel

/// How far a prediction with the calibrated costs can be trusted, for every place that shows one.
package struct PredictionRange: Equatable, Sendable {
  /// What the costs were fitted to.
  ///
  /// - Source: `CycleCosts.calibrated`.
  package static let fittedOn =
    "2 measured programs, U-Nets with few channels on ISA0 B4096, 2 cores at 300 MHz (SENECA 1M and 2M, ZCU104, VART)"
  /// What is known of the error.
  ///
  /// - Source: the two fitted programs, and a detector on B3136 that AMD's Kria documents give 4.4 ms.
  package static let knownError =
    "2.5 % and 2.9 % too short on the programs it was fitted to; 11 to 20 % below AMD's own estimate for a detector on B3136"

  /// In what a job differs from all that was measured, empty where it may be of the same class.
  package let differences: [String]

  /// Compares a job with what was measured.
  ///
  /// - Units: The clock in MHz.
  package init(_ fingerprints: [Fingerprint], megahertz: Double, cores: Int) {
    var differences: [String] = []
    for (place, fingerprint) in fingerprints.enumerated() where !fingerprints[..<place].contains(fingerprint) {
      if fingerprint != Fingerprint(0x100_0020_F601_4407) {
        let array = fingerprint.array?.name ?? "unknown array"
        differences.append("ISA\(fingerprint.instructionSet) \(array) (\(fingerprint.hexadecimal))")
      }
    }
    if megahertz != 300 { differences.append("another clock: the speed of memory does not follow it") }
    if cores != 2 { differences.append("\(cores) core\(cores == 1 ? "" : "s"), where 2 shared the memory") }
    self.differences = differences
  }

  /// The error to expect, in per cent: of a network in the class of those measured, and of others.
  package static let percent = (inClass: 10, elsewhere: 20)

  /// The error to expect, in words.
  package var expectation: String {
    differences.isEmpty
      ? "\(PredictionRange.percent.inClass) % for a U-Net with few channels, \(PredictionRange.percent.elsewhere) % for others"
      : "\(PredictionRange.percent.elsewhere) %; not measured: \(differences.joined(separator: ", "))"
  }
}
