import Foundation
import TestSupport
import Testing

@Suite struct HelpTests {
  @Test(
    "prints the kept help on the standard output",
    arguments: [
      ("help", ["help"]), ("help-help", ["help", "help"]), ("help-inspect", ["help", "inspect"]),
      ("help-run", ["help", "run"]), ("help-evaluate", ["help", "evaluate"]), ("help-digest", ["help", "digest"]),
      ("help-disasm", ["help", "disasm"]), ("help-verify", ["help", "verify"]),
      ("help-predict", ["help", "predict"]), ("help-overlay", ["help", "overlay"]),
      ("help-devices", ["help", "devices"]), ("help-doctor", ["help", "doctor"]),
      ("help-selftest", ["help", "selftest"]), ("help-bench", ["help", "bench"]),
      ("help-live", ["help", "live"]), ("help-top", ["help", "top"]),
      ("help-serve", ["help", "serve"]), ("help-completion", ["help", "completion"]),
    ])
  func snapshots(name: String, arguments: [String]) throws {
    let outcome = try BuiltProgram.run(arguments)
    #expect(outcome.code == 0)
    #expect(outcome.messages.isEmpty)
    if let kept = try Snapshot.kept("\(name).txt", writing: outcome.output) { #expect(outcome.output == kept) }
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test("prints the same help for no arguments, --help and -h")
  func overview() throws {
    let help = try BuiltProgram.run(["help"])
    for arguments in [[], ["--help"], ["-h"]] { #expect(try BuiltProgram.run(arguments) == help) }
  }

  @Test(
    "explains a command by --help and -h too, whatever else stands there",
    arguments: [
      "inspect", "run", "evaluate", "digest", "verify", "disasm", "predict", "overlay", "devices", "doctor", "selftest",
      "bench", "live", "top", "serve", "completion", "help",
    ])
  func perCommand(verb: String) throws {
    let help = try BuiltProgram.run(["help", verb])
    #expect(try BuiltProgram.run([verb, "--help"]) == help)
    #expect(try BuiltProgram.run([verb, "-h", "a", "b", "c"]) == help)
  }

  @Test("prints its version")
  func version() throws {
    let outcome = try BuiltProgram.run(["--version"])
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("dpu 0.") && outcome.output.hasSuffix("\n"))
    let log = String(
      decoding: try Data(contentsOf: Repository.root.appendingPathComponent("CHANGELOG.md")), as: UTF8.self)
    #expect(log.contains("## [\(outcome.output.dropFirst(4).dropLast())]"), "CHANGELOG.md tells of this version")
  }

  @Test("colours only where it is told to or the output is a screen")
  func colour() throws {
    let error = ["inspect", "/nowhere"]
    func isColoured(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Bool {
      try BuiltProgram.run(arguments, environment: environment).messages.contains("\u{1B}")
    }
    #expect(try !isColoured(error))
    #expect(try isColoured(error + ["--color=always"], ["TERM": "xterm"]))
    #expect(try !isColoured(error + ["--color=never"]))
    let screen = ["TERM": "xterm"]
    for (arguments, environment, isColoured) in [
      (error, screen, true), (error, screen.merging(["NO_COLOR": "1"]) { $1 }, false), (error, ["TERM": "dumb"], false),
      (error + ["--color", "never"], screen, false),
    ] {
      let outcome = try BuiltProgram.run(arguments, environment: environment, onScreen: true)
      #expect(outcome.messages.contains("\u{1B}") == isColoured, "\(arguments) \(environment)")
      #expect(outcome.messages.contains("error"), "colour is never the only sign")
    }
  }
}
