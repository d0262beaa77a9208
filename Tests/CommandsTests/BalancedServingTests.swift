import Foundation
import TestSupport
import Testing

/// The examples of the guide for several boards and for TLS, run with Debian's HAProxy.
@Suite struct BalancedServingTests {
  static let haproxy = OutsideProgram("/usr/sbin/haproxy")
  static let openssl = OutsideProgram("/usr/bin/openssl")
  static let isPossible: Bool =
    OutsideProgram.areExpected || (haproxy != nil && openssl != nil && PythonOracle.isPresent)
  static let absence: String = "needs haproxy, openssl and DPU_PYTHON, as scripts/test --all brings them"

  struct Findings: Decodable {
    struct Counts: Decodable {
      let requests: Int
      let first: Int
      let second: Int
    }
    let phases: [String: Counts]
    let reasons: [String]
    let boards: [String: Int]
    let drainingCode: Int32
    let answeredBySecond: Int
    let tls: Int
    let tlsAnswers: Bool
    let tlsWithoutToken: Int
  }

  @Test(
    "a killed board costs no request of clients that try twice, a draining one none at all; TLS lets tokens through",
    .enabled(if: isPossible, Comment(rawValue: absence)))
  func examples() throws {
    let haproxy = try #require(Self.haproxy)
    try TemporaryFolder.with { folder in
      let examples = Repository.root.appendingPathComponent("docs/examples")
      let found = try PythonOracle.ask(
        "serving_balanced.py",
        [
          BuiltProgram.url.path, haproxy.path, examples.appendingPathComponent("haproxy-boards.cfg").path,
          examples.appendingPathComponent("haproxy-tls.cfg").path, ServeTests.sample.path, folder.path,
        ], for: Findings.self)
      let reasons = Comment(rawValue: found.reasons.joined(separator: "\n"))
      for phase in ["steady", "killed", "drained"] {
        let counts = try #require(found.phases[phase])
        #expect(counts.requests > 20, "\(phase)")
        #expect(counts.second == 0, reasons)
        if phase != "killed" { #expect(counts.first == 0, reasons) }
      }
      for (board, count) in found.boards { #expect(count > 0, "\(board) answered nothing") }
      #expect(found.drainingCode == 0)
      #expect(found.tls == 200 && found.tlsAnswers)
      #expect(found.tlsWithoutToken == 401)
    }
  }
}
