/// Who a request comes from, as far as fairness goes.
package enum ClientIdentity: Hashable, Sendable {
  /// One who has a token, by the token's number in its file.
  case token(Int)
  /// One without.
  case peer(HTTPPeer)
}
