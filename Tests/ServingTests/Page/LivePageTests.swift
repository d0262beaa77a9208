import Foundation
import Serving
import TestSupport
import Testing

/// The text of the page.
@Suite struct LivePageTests {
  private static func source(_ name: String) throws -> String {
    let file = Repository.root.appendingPathComponent("page/\(name)")
    var text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text.removeLast() == "\n")
    return text
  }

  @Test("the page in the program is the one in the folder `page`: run scripts/embed-page")
  func embedded() throws {
    let script = try Self.source("numbers.js") + "\n" + Self.source("picture.js")
    let page = try Self.source("page.html")
      .replacingOccurrences(of: "<!-- style -->", with: "<style>\(Self.source("page.css"))</style>")
      .replacingOccurrences(of: "<!-- script -->", with: "<script>\(script)</script>")
    #expect(LivePage.text == page)
  }

  @Test("the page names no other host, has no handler in an attribute, and is small")
  func closed() throws {
    let text = LivePage.text.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
    #expect(!text.contains("http:") && !text.contains("https:") && !text.contains("//cdn"))
    #expect(text.range(of: #"\son[a-z]+="#, options: .regularExpression) == nil)
    #expect(text.range(of: #"\sstyle="#, options: .regularExpression) == nil)
    #expect(!text.contains("innerHTML") && !text.contains("eval("))
    #expect(text.utf8.count < 60_000, "\(text.utf8.count) bytes")
  }

  @Test("the policy allows nothing but the page's own script and style, and its own service")
  func policy() {
    #expect(LivePage.policy.hasPrefix("default-src 'none'; script-src 'sha256-"))
    #expect(!LivePage.policy.contains("unsafe"))
    #expect(LivePage.policy.contains("connect-src 'self'"))
  }
}
