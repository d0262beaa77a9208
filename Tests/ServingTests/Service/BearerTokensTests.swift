import Foundation
import Serving
import TestSupport
import Testing

@Suite struct BearerTokensTests {
  /// What reading a file of some mode and text says; the empty text where it is taken.
  static func words(_ mode: Int, _ text: String) throws -> String {
    try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("tokens")
      try Data(text.utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
      do throws(ServingError) { _ = try BearerTokens(contentsOf: file.path) } catch {
        return error.message.replacingOccurrences(of: folder.path, with: "FOLDER")
      }
      return ""
    }
  }

  @Test("a file that its user and its group may read is taken", arguments: [0o400, 0o600, 0o640, 0o660])
  func closed(mode: Int) throws {
    #expect(try Self.words(mode, "0123456789abcdef\n") == "")
  }

  @Test("a file that everybody may read, change or run is refused", arguments: [0o644, 0o604, 0o642, 0o641, 0o666])
  func open(mode: Int) throws {
    let found = String(mode, radix: 8)
    let words = try Self.words(mode, "0123456789abcdef\n")
    #expect(
      words
        == "the tokens in FOLDER/tokens are open to everybody on this machine: found mode \(found), expected 640 or less; "
        + "give the file to the service's group, and say: chmod 640 FOLDER/tokens")
  }

  @Test("a file without tokens, with short ones, or that is not there is refused")
  func wrong() throws {
    #expect(try Self.words(0o600, "# none\n\n").contains("holds no token"))
    #expect(try Self.words(0o600, "0123456789abcdef\n tooshort \n").contains("token 2 of FOLDER/tokens is shorter"))
    do throws(ServingError) {
      _ = try BearerTokens(contentsOf: "/nowhere/tokens")
      Issue.record("a file that is not there was read")
    } catch {
      #expect(error.message.hasPrefix("cannot read the tokens in /nowhere/tokens"))
    }
  }
}
