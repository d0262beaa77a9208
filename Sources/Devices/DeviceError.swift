/// Why a device could not load or run.
package struct DeviceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  package enum Code: String, Sendable {
    /// The model asks for something that the device does not do.
    case unsupported
    /// The model contradicts itself where only running shows it, such as shapes that do not fit.
    case invalidModel
    /// The model is compiled for another core than the device has.
    case wrongCore
    /// There is no such device here, no permission to use it, or none of its cores answers any more.
    case unavailable
    /// There is no memory for what was asked; less of it may still fit.
    case outOfMemory
    /// All cores were taken for longer than the caller would wait; nothing was run.
    case busy
    /// A core did not end its job in time and counts as lost.
    case timedOut
    /// The device broke off.
    case failed
  }

  /// The kind of failure.
  package let code: Code
  /// What was attempted, on what, what was expected and found, and what to do.
  package let message: String

  /// Makes an error.
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The same kind of failure, with what was attempted put before its words.
  package func during(_ attempt: String) -> DeviceError { DeviceError(code, "\(attempt): \(message)") }

  /// One line for a person.
  package var description: String { message }
}
