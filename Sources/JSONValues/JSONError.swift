/// Why a text is not the JSON that was asked for.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was found and what was expected.
  package let message: String
  /// Where, counted in bytes from the start of the text.
  package let byteOffset: Int

  /// Makes an error.
  package init(_ message: String, at byteOffset: Int) {
    self.message = message
    self.byteOffset = byteOffset
  }

  /// One line for a person.
  package var description: String { "\(message) at byte \(byteOffset)" }
}
