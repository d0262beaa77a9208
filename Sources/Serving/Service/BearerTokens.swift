#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#endif

/// The secrets of which a request must show one: `Authorization: Bearer SECRET`.
package struct BearerTokens: Sendable {
  private let tokens: [[UInt8]]

  /// Takes tokens, one for each client.
  package init(_ tokens: [String]) { self.tokens = tokens.map { Array($0.utf8) } }

  /// Reads a file: one token a line; empty lines and those that begin with `#` are left out.
  ///
  /// - Throws: `.failed` for a file that can't be read, holds no token, or is open to others than its user and its group.
  package init(contentsOf path: String) throws(ServingError) {
    try BearerTokens.checkMode(of: path)
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw ServingError(.failed, "cannot read the tokens in \(path): \(error)")
    }
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.trimmed }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    guard !lines.isEmpty else {
      throw ServingError(.failed, "\(path) holds no token; write one a line, as `openssl rand -hex 32` makes them")
    }
    if let short = lines.firstIndex(where: { $0.utf8.count < 16 }) {
      throw ServingError(.failed, "token \(short + 1) of \(path) is shorter than 16 characters and can be guessed")
    }
    self.init(lines)
  }

  /// Refuses a file that everybody on the machine can read or change; one that is not there is for the reader to tell of.
  private static func checkMode(of path: String) throws(ServingError) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & 0o007 != 0 else { return }
    let mode = String(status.st_mode & 0o7777, radix: 8)
    throw ServingError(
      .failed,
      "the tokens in \(path) are open to everybody on this machine: found mode \(mode), expected 640 or less; give the "
        + "file to the service's group, and say: chmod 640 \(path)")
  }

  /// The number of the token that a request shows.
  ///
  /// - Throws: `.unauthorized` in words that tell nothing of the tokens.
  package func client(of headers: HTTPHeaders) throws(ServingError) -> Int {
    guard let value = try headers.single("Authorization") else {
      throw ServingError(.unauthorized, "this service needs a token: send the header Authorization: Bearer TOKEN")
    }
    let parts = value.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw ServingError(.unauthorized, "the header Authorization is not of the form: Bearer TOKEN")
    }
    let shown = Array(parts[1].utf8)
    // All are compared to their end, so that the time tells nothing.
    var found: Int?
    for (index, token) in tokens.enumerated() where BearerTokens.areEqual(token, shown) { found = found ?? index }
    guard let found else { throw ServingError(.unauthorized, "the token is not one of this service's") }
    return found
  }

  private static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
  }
}

extension Substring {
  /// The text without white space at its ends.
  fileprivate var trimmed: String {
    var rest = self
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
