package import Threads

/// What stands before a request's body.
package struct HTTPRequestHead: Equatable, Sendable {
  /// The method, `GET` for one.
  package let method: String
  /// The target as it was sent: path and query.
  package let target: String
  /// The headers.
  package let headers: HTTPHeaders
  /// Who sends it.
  package let peer: HTTPPeer

  /// Makes a head.
  package init(method: String, target: String, headers: HTTPHeaders = [:], peer: HTTPPeer = .unknown) {
    self.method = method
    self.target = target
    self.headers = headers
    self.peer = peer
  }
}

/// Who is at the other end of a connection.
package enum HTTPPeer: Hashable, Sendable {
  /// An address of the network, without its port.
  case address(String)
  /// A user of this machine, over a Unix socket.
  case user(UInt32)
  /// The system does not tell.
  case unknown
}

/// A whole request.
package struct HTTPRequest: Equatable, Sendable {
  /// What stands before the body.
  package let head: HTTPRequestHead
  /// The body.
  package let body: [UInt8]
  /// Until when an answer is of use.
  package let deadline: Moment

  /// Makes a request.
  package init(_ head: HTTPRequestHead, body: [UInt8] = [], deadline: Moment) {
    self.head = head
    self.body = body
    self.deadline = deadline
  }
}
