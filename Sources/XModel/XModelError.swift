/// Why a file could not be read, linked or written.
package struct XModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  package enum Code: String, Sendable {
    /// The file can't be opened, mapped or written.
    case inputOutput
    /// The bytes are not a well-formed message of the schema.
    case malformed
    /// The message is well formed but what it says contradicts itself or lacks a part.
    case invalid
    /// The file is good but made for something that this program does not run.
    case unsupported
  }

  /// The kind of failure.
  package let code: Code
  /// What was attempted, on what, what was expected and found, and what to do.
  package let message: String
  /// Where in the file, in bytes, where a place is known.
  package let byteOffset: Int?
  /// The file.
  package let path: String?

  /// Makes an error.
  package init(_ code: Code, _ message: String, byteOffset: Int? = nil, path: String? = nil) {
    self.code = code
    self.message = message
    self.byteOffset = byteOffset
    self.path = path
  }

  /// One line for a person.
  package var description: String {
    let file = path.map { "\($0): " } ?? ""
    let place = byteOffset.map { " (byte \($0))" } ?? ""
    return "\(file)\(message)\(place)"
  }
}
