package import Devices

/// Why a job has no result.
package struct InferenceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  package enum Code: String, Sendable {
    /// A device failed, as often as a job is tried; the cause says how.
    case deviceFailed
    /// The time was up before there was a result.
    case deadlinePassed
    /// Nobody wanted the result any more.
    case cancelled
    /// None of the cores that would do is left.
    case noCoreLeft
    /// All buffers are in use, and the caller would not wait.
    case busy
    /// The scheduler was closed.
    case closed
    /// The one who was to fill the inputs gave up.
    case skipped
  }

  /// The kind of failure.
  package let code: Code
  /// What was attempted, on what, what was expected and found, and what to do.
  package let message: String
  /// What the device said, where it was a device.
  package let cause: DeviceError?

  /// Makes an error.
  package init(_ code: Code, _ message: String, cause: DeviceError? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// One line for a person.
  package var description: String { message }
}
