/// A tensor that a device could not show, and why.
package struct HiddenTensor: Equatable, Sendable {
  /// Why a tensor can't be shown, in words for a person.
  package enum Reason: String, CaseIterable, Sendable {
    /// The compiler fused its operation with the next one.
    case staysOnChip = "never leaves the core: it is used up on chip"
    /// The file has one program for the whole subgraph and no others.
    case noSuperlayerPrograms = "the file has no programs for single superlayers; compilers after 2.5 leave them out"
    /// The file has programs for superlayers, but none makes this tensor.
    case neverWritten = "no program of the file writes it"
    /// The file does not say where it lies, or says something that can't be.
    case noPlace = "the file gives it no place in the device's memory"
  }

  /// The index of its operation in the model.
  package let operation: Int
  /// Why it can't be shown.
  package let reason: Reason

  /// Makes a note of a tensor.
  package init(_ operation: Int, _ reason: Reason) {
    self.operation = operation
    self.reason = reason
  }
}
