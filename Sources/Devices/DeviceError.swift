/// Why a device could not load or run.
package struct DeviceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  package enum Code: String, Sendable {
    /// The model asks for something that the device does not do.
    case unsupported
    /// The model contradicts itself where only running shows it, such as shapes that do not fit.
    case invalidModel
    /// There is no such device here, or no permission to use it.
    case unavailable
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

  /// One line for a person.
  package var description: String { message }
}
