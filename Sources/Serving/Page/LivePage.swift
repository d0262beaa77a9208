import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The page at `/`: one text, which asks for nothing but the service's own streams.
///
/// It tells nothing of the service, so that it is shown before there is a token.
package enum LivePage {
  /// The page.
  package static let text: String = EmbeddedPage.markup
    .replacing("<!-- style -->", with: "<style>\(EmbeddedPage.style)</style>")
    .replacing("<!-- script -->", with: "<script>\(EmbeddedPage.script)</script>")

  /// What the page may do: run its own script and style, by their digests, and ask the service that it came from.
  ///
  /// - Source: W3C, Content Security Policy Level 3.
  package static let policy = [
    "default-src 'none'", "script-src '\(digest(EmbeddedPage.script))'", "style-src '\(digest(EmbeddedPage.style))'",
    "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].joined(separator: "; ")

  /// Headers of everything that belongs to the page.
  static let guards: HTTPHeaders = [
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
  ]

  /// The answer to `GET /`.
  static let response: HTTPResponse = {
    var headers = guards
    headers.add("Content-Type", "text/html; charset=utf-8")
    headers.add("Content-Security-Policy", policy)
    headers.add("Cross-Origin-Opener-Policy", "same-origin")
    headers.add("Cache-Control", "no-cache")
    return HTTPResponse(status: 200, headers: headers, body: Array(text.utf8))
  }()

  private static func digest(_ text: String) -> String {
    var digest = SHA256()
    Array(text.utf8).withUnsafeBytes { digest.update($0) }
    let digits = Array(digest.hexDigest())
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    return "sha256-\(Data(bytes).base64EncodedString())"
  }
}
