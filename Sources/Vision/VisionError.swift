/// What went wrong with a picture, an array, a card or a result, in words that say what to do.
package struct VisionError: Error, Equatable, CustomStringConvertible {
  /// The kind of failure, for exit codes and tests.
  package enum Code: String, Sendable {
    /// The file cannot be opened or read.
    case cannotRead
    /// The file cannot be written; nothing is left behind.
    case cannotWrite
    /// The content is none of the formats that we read.
    case unknownFormat
    /// The content breaks its own format: truncated, corrupt or contradictory.
    case damaged
    /// The format is right, this variant of it is not read.
    case unsupported
    /// The content asks for more pixels, bytes or work than the limit.
    case tooLarge
    /// The content is good but does not fit the model, the card or its partner.
    case mismatch
    /// The model card is wrong.
    case badCard
  }

  /// The kind of failure.
  package let code: Code
  /// What was found, what was expected, and what to do.
  package let message: String
  /// The file concerned, `nil` where the bytes came from memory.
  package let path: String?

  /// Makes an error.
  package init(_ code: Code, _ message: String, path: String? = nil) {
    self.code = code
    self.message = message
    self.path = path
  }

  /// The same error with the name of its file, unless it has one.
  package func inFile(_ path: String?) -> VisionError {
    self.path == nil ? VisionError(code, message, path: path) : self
  }

  /// The file and the message, on one line.
  package var description: String { path.map { "\($0): \(message)" } ?? message }
}
