import Foundation
import TestSupport
import Testing

/// The page of the built service in a browser.
@Suite struct ServePageTests {
  static let model = Repository.root.appendingPathComponent("sample/model/phantom-ct.xmodel")
  static let chromium = OutsideProgram("/usr/bin/chromium")
  static let canLook: Bool = PythonOracle.isPresent && (chromium != nil || OutsideProgram.areExpected)
  static let absence: String =
    "needs Chromium and the Python of Tests/Oracles/requirements.txt, as scripts/test --all has them"

  struct Findings: Decodable {
    let checks: [String]
    let failures: [String]
  }

  @Test(
    "a person sees numbers that move, labels in their colours, and no foreign thing",
    .enabled(if: canLook, Comment(rawValue: absence)))
  func browser() throws {
    let chromium = try #require(Self.chromium, "this machine should have Chromium: scripts/setup --all installs it")
    let token = "a token for the page of a test"
    try TemporaryFolder.with { folder in
      let tokens = folder.appendingPathComponent("tokens")
      let secret = token.replacingOccurrences(of: " ", with: "-")
      try Data(secret.utf8).write(to: tokens)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: tokens.path)
      try ServedProgram.with(["phantom": Self.model]) { served in
        try ServedProgram.with(["phantom": Self.model], ["--token-file", tokens.path]) { locked in
          let card = Self.model.deletingPathExtension().appendingPathExtension("card.json").path
          let pictures = Repository.root.appendingPathComponent("sample/pictures").path
          let seen = Repository.root.appendingPathComponent(".build/test-results/page").path
          let findings = try PythonOracle.ask(
            "serving_page.py",
            [chromium.path, served.address, "phantom", card, pictures, seen, locked.address, secret],
            for: Findings.self)
          #expect(findings.failures.isEmpty, "\(findings.failures.joined(separator: "\n"))")
          #expect(findings.checks.count == 13)
          #expect(served.end() == 0)
        }
      }
    }
  }

  static let paths = ["/", "/live/events", "/live/frames/phantom"]

  @Test(
    "what a page may show is chosen at the start",
    .enabled(if: ServeTests.hasCurl, Comment(rawValue: ServeTests.curlAbsence)),
    arguments: [("pictures", [200, 200, 200]), ("numbers", [200, 200, 404]), ("off", [404, 404, 404])])
  func extents(_ extent: String, _ expected: [Int]) throws {
    let found = try ServedProgram.with(["phantom": Self.model], ["--page", extent]) { served in
      try Self.paths.map { path in try Self.status(of: "http://\(served.address)\(path)") }
    }
    #expect(found == expected)
  }

  @Test(
    "the first event has the members of dpu.page/1",
    .enabled(if: ServeTests.hasCurl, Comment(rawValue: ServeTests.curlAbsence)))
  func firstEvent() throws {
    let curl = try #require(ServeTests.curl)
    let text = try ServedProgram.with(["phantom": Self.model]) { served in
      try TemporaryFolder.with { folder in
        try curl.run(["-s", "-N", "--max-time", "1", "http://\(served.address)/live/events"], in: folder).text
      }
    }
    let line = try #require(text.components(separatedBy: "\n").first { $0.hasPrefix("data: ") })
    try JSONPageTests.compare(String(line.dropFirst("data: ".count)))
  }

  /// The status of an answer, as soon as its head is there.
  private static func status(of address: String) throws -> Int {
    let curl = try #require(ServeTests.curl)
    return try TemporaryFolder.with { folder in
      let text = try curl.run(
        ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "1", address], in: folder
      ).text
      return try #require(Int(text))
    }
  }
}
