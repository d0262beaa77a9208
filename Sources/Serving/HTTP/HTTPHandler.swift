/// What answers requests.
package protocol HTTPHandler: Sendable {
  /// Looks at a request's head before its body is read; an answer refuses the request.
  ///
  /// Called on the thread that serves all connections: it must not wait.
  func refusal(of head: HTTPRequestHead) -> HTTPResponse?

  /// Answers a request. A task that is cancelled has nobody any more who hears its answer.
  func answer(_ request: HTTPRequest) async -> HTTPResponse
}
