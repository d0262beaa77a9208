/// Why an overlay's file could not be read, or a board not be brought into the state that was asked for.
package struct BoardError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  package enum Code: String, Sendable {
    /// A file can't be opened, read or written.
    case inputOutput
    /// The bytes are not a well-formed file of their kind.
    case malformed
    /// The file is well formed but what it says contradicts itself, the board or the files beside it.
    case invalid
    /// This machine has no such board, driver or kernel interface.
    case unavailable
    /// Root, or another group, is needed.
    case noPermission
    /// What was asked for could hang or crash the board in the state that it is in.
    case refused
    /// The board or its kernel broke off; what was changed has been taken back.
    case failed
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

  /// The same failure with the file that it is about, unless it names one.
  package func of(_ path: String) -> BoardError {
    BoardError(code, message, byteOffset: byteOffset, path: self.path ?? path)
  }

  /// One line for a person.
  package var description: String {
    let file = path.map { "\($0): " } ?? ""
    let place = byteOffset.map { " (byte \($0))" } ?? ""
    return "\(file)\(message)\(place)"
  }
}
