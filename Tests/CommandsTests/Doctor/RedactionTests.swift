import Commands
import JSONValues
import Testing

/// What a bug report must not tell.
struct RedactionTests {
  private let redaction = Redaction(
    hosts: ["lab-board", "pi"], users: ["maria", "root"], homes: ["/srv/people/maria"],
    paths: [("/tmp/tree", "<root>"), ("cases/doe.xmodel", "<model>")])

  @Test(
    "names, homes, hardware addresses and given paths are replaced, words that only look like them are not",
    arguments: [
      ("on lab-board: maria's job", "on <host>: <user>'s job"), ("lab-boards and mariachi stay", nil),
      ("/home/jo/models/a.xmodel: damaged", "<home>: damaged"),
      ("(/root/x, /srv/people/maria/y z)", "(<home>, <home> z)"),
      ("/srv/people/marianne/y", nil), ("/usr/home/x", nil), ("firmware: /homeless/x", nil),
      ("eth0 00:0a:35:00:22:01 up", "eth0 <mac> up"), ("00-0A-35-00-22-01", "<mac>"),
      ("(00:0a:35:00:22:01:07:08)", "(<mac>)"), ("00:0a:35:00:22:011", nil), ("00:0a:35:00:22", nil),
      ("from 00:0a:35:00:22:01: up", "from <mac>: up"),
      ("01010101-0101-0101-0101-010101010101", nil), ("a pin of pi", nil), ("by root", nil),
      ("/tmp/tree/run/dpu/overlay.json", "<root>/run/dpu/overlay.json"), ("cases/doe.xmodel: ok", "<model>: ok"),
    ] as [(String, String?)])
  func text(text: String, expected: String?) { #expect(redaction.apply(to: text) == expected ?? text) }

  @Test("every text of a JSON value is looked at, and nothing else is changed")
  func json() {
    let value = JSONValue.object([
      "maria": .array([.string("maria"), .integer(3), .null]), "row": .record(["host": .string("lab-board")]),
    ])
    #expect(
      redaction.apply(to: value)
        == .object([
          "maria": .array([.string("<user>"), .integer(3), .null]), "row": .record(["host": .string("<host>")]),
        ]))
  }

  @Test("people and their homes are those of /etc/passwd, not the system's own")
  func passwords() {
    let text =
      "daemon:x:1:1:d:/usr/sbin:/sbin/nologin\nerika:x:1000:1000:Erika:/data/erika:/bin/bash\nnobody:x:65534:1:n:/n:/"
    let redaction = Redaction(passwords: text, hostname: "zcu-7.lab.example", paths: [])
    #expect(
      redaction.apply(to: "erika daemon nobody /data/erika/m.xmodel zcu-7 zcu-7.lab.example")
        == "<user> daemon nobody <home> <host> <host>")
  }
}
