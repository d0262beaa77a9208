package import JSONValues

/// An answer to a request.
package struct HTTPResponse: Equatable, Sendable {
  /// The status.
  package var status: Int
  /// The headers; those that say how long the body is and how the connection goes on are added by the server.
  package var headers: HTTPHeaders
  /// The body.
  package var body: [UInt8]
  /// What comes in place of the body, piece by piece and without end; `nil` for an answer that is whole.
  package var stream: HTTPStream?

  /// Makes an answer.
  package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Makes an answer that goes on.
  package init(_ stream: HTTPStream, headers: HTTPHeaders) {
    self.init(status: 200, headers: headers)
    self.stream = stream
  }

  /// Makes an answer in JSON.
  package init(status: Int = 200, json: JSONValue) {
    self.init(
      status: status, headers: ["Content-Type": "application/json"], body: Array(json.compactText.utf8))
  }

  /// Makes an answer that says what is wrong: `{"error": …}`.
  package init(_ error: ServingError) {
    self.init(status: error.status, json: .object(["error": .string(error.message)]))
    switch error.code {
    case .methodNotAllowed(let allowed): headers.add("Allow", allowed)
    case .unauthorized: headers.add("WWW-Authenticate", "Bearer")
    case .unavailable: headers.add("Retry-After", "1")
    default: break
    }
  }

  /// The answer as bytes of a connection that ends behind it, for where the library can't be asked to send it.
  var closingBytes: [UInt8] {
    var text =
      "HTTP/1.1 \(status) \(HTTPResponse.phrase(status))\r\nConnection: close\r\nContent-Length: \(body.count)\r\n"
    for line in headers.lines { text += "\(line.name): \(line.value)\r\n" }
    return Array((text + "\r\n").utf8) + body
  }

  private static func phrase(_ status: Int) -> String {
    switch status {
    case 408: "Request Timeout"
    case 413: "Content Too Large"
    case 503: "Service Unavailable"
    default: "Error"
    }
  }
}
