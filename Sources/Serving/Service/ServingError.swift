/// Why a request is not answered with what it asked for, or why the service can't begin.
package struct ServingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure; each has its HTTP status.
  package enum Code: Equatable, Sendable {
    /// The request contradicts the protocol, the model or itself.
    case badRequest
    /// It lacks a token, or has a wrong one.
    case unauthorized
    /// A browser asks for another site's page.
    case forbidden
    /// There is no such path or model.
    case notFound
    /// The path is asked with another method; these are allowed.
    case methodNotAllowed(String)
    /// The request did not come in time.
    case requestTimedOut
    /// It does not say how long its body is.
    case lengthRequired
    /// Its body is too long.
    case tooLarge
    /// Its body is in a form that is not read.
    case unsupportedForm
    /// Its headers are too long or too many.
    case headersTooLarge
    /// The service itself failed.
    case failed
    /// What the protocol knows and this service does not.
    case notImplemented
    /// Not now: draining, loading, out of places, no core, or out of time.
    case unavailable
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

  /// The status of HTTP.
  package var status: Int {
    switch code {
    case .badRequest: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .requestTimedOut: 408
    case .lengthRequired: 411
    case .tooLarge: 413
    case .unsupportedForm: 415
    case .headersTooLarge: 431
    case .failed: 500
    case .notImplemented: 501
    case .unavailable: 503
    }
  }

  /// One line for a person.
  package var description: String { message }
}
