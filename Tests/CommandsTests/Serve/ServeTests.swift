import Foundation
import TestSupport
import Testing

/// The built service, asked from outside.
@Suite struct ServeTests {
  static let sample = Repository.root.appendingPathComponent("sample/compiled/b4096.xmodel")
  static let curl = OutsideProgram("/usr/bin/curl")
  static let hasCurl: Bool = OutsideProgram.areExpected || (curl != nil && OutsideProgram("/usr/bin/jq") != nil)
  static let curlAbsence: String = "needs curl and jq"

  struct Findings: Decodable {
    let checks: [String]
    let failures: [String]
  }

  @Test(
    "the unmodified tritonclient gets what it asks for",
    .enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func conformance() throws {
    try ServedProgram.with(["sample": Self.sample]) { served in
      let findings = try PythonOracle.ask(
        "serving_tritonclient.py", [served.address, "sample"], for: Findings.self)
      #expect(findings.failures.isEmpty, "\(findings.failures.joined(separator: "\n"))")
      #expect(findings.checks.count == 21)
    }
  }

  @Test(
    "the unmodified tritonclient gets classes with their labels",
    .enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)),
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
  func classes() throws {
    try TemporaryFolder.with { folder in
      // The card that lies beside a file goes with it into the folder of models.
      let model = folder.appendingPathComponent("cells.xmodel")
      try FileManager.default.createSymbolicLink(
        at: model, withDestinationURL: try Shared.url("models/nerone/bccd.xmodel"))
      try Data(
        #"""
        {"name": "cells", "task": "classification", "colors": "rgb", "labels": ["eosin", "lympho", "mono", "neutro"],
         "resize": {"width": 250, "height": 200, "method": "bilinear"}, "values": {"mapping": "scale", "divisor": 255}}
        """#.utf8
      ).write(to: folder.appendingPathComponent("cells.card.json"))
      try ServedProgram.with(["cells": model]) { served in
        let findings = try PythonOracle.ask(
          "serving_tritonclient.py", [served.address, "cells", "eosin", "lympho", "mono", "neutro"],
          for: Findings.self)
        #expect(findings.failures.isEmpty, "\(findings.failures.joined(separator: "\n"))")
        #expect(findings.checks == ["classes of a row, as JSON and as bytes"])
      }
    }
  }

  @Test("curl gets health, metadata and answers", .enabled(if: hasCurl, Comment(rawValue: curlAbsence)))
  func plain() throws {
    let curl = try #require(Self.curl)
    try ServedProgram.with(["sample": Self.sample]) { served in
      try TemporaryFolder.with { folder in
        func ask(_ arguments: [String]) throws -> String {
          try curl.run(["-s", "-S", "--max-time", "20"] + arguments, in: folder).text
        }
        let root = "http://\(served.address)/v2"
        #expect(try ask(["\(root)/health/ready"]) == #"{"ready":true}"#)
        #expect(try ask(["\(root)/models/sample"]).contains(#""platform":"vitisai_xmodel""#))
        #expect(
          try ask(["-d", "{", "\(root)/models/sample/infer"])
            == #"{"error":"the request: the text ends where '}' is expected at byte 1"}"#)
        let status = try ask([
          "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "\(root)/models/other/infer", "-d", "x",
        ])
        #expect(status == "404")
      }
      #expect(served.end() == 0, "SIGTERM ends it in order")
      #expect(served.words.contains("draining"))
    }
  }

  /// The examples of the guide: a command line, and what it prints.
  static func examples() throws -> [(command: String, output: String)] {
    let page = String(
      decoding: try Data(contentsOf: Repository.root.appendingPathComponent("docs/guide/serve.md")), as: UTF8.self)
    let part = page.components(separatedBy: "## Where it listens")[0].components(separatedBy: "<!-- ").last ?? ""
    var examples: [(command: String, output: String)] = []
    for (number, block) in part.components(separatedBy: "```\n").enumerated() where number % 2 == 1 {
      var isContinued = false
      for line in block.split(separator: "\n").map(String.init) {
        if isContinued {
          examples[examples.count - 1].command += "\n" + line
        } else if ["curl ", "jq ", "head ", "mkdir ", "dpu "].contains(where: line.hasPrefix) {
          examples.append((line, ""))
        } else {
          examples[examples.count - 1].output += line + "\n"
          continue
        }
        isContinued = line.hasSuffix("\\")
      }
    }
    return examples
  }

  @Test("the examples of the guide print what stands there", .enabled(if: hasCurl, Comment(rawValue: curlAbsence)))
  func guide() throws {
    let examples = try Self.examples()
    #expect(examples.count >= 11)
    #expect(examples.filter { $0.command.hasPrefix("curl") && !$0.output.isEmpty }.count >= 7)
    let shell = try #require(OutsideProgram("/bin/sh"))
    try TemporaryFolder.with { folder in
      // As in a checkout, whose folder is not written to.
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("sample"),
        withDestinationURL: Repository.root.appendingPathComponent("sample"))
      var served: ServedProgram?
      defer { served?.send(SIGKILL) }
      for example in examples {
        guard !example.command.hasPrefix("dpu ") else {
          // What ServedProgram starts, with the folder that the lines before have made.
          #expect(example.command == "dpu serve models --device software &")
          served = try ServedProgram([:], in: folder)
          continue
        }
        let address = served?.address ?? "no service yet"
        let command = example.command.replacingOccurrences(of: "127.0.0.1:8000", with: address)
        let outcome = try shell.run(["-c", command], in: folder)
        // An answer does not end its line, a page has to.
        let ends = [outcome.text, example.output].map { $0.trimmingCharacters(in: .newlines) }
        #expect(ends[0] == ends[1], "\(example.command)")
      }
      #expect(served != nil)
    }
  }

  @Test("says at the start what is wrong, with a code of its own")
  func startErrors() throws {
    try TemporaryFolder.with { folder in
      let empty = try BuiltProgram.run(["serve", folder.path])
      #expect(empty.code == 3)
      #expect(empty.messages.contains("holds no model; expected"))
      let nowhere = try BuiltProgram.run(["serve", folder.path + "/none"])
      #expect(nowhere.code == 3)
      let version = folder.appendingPathComponent("bad/1")
      try FileManager.default.createDirectory(at: version, withIntermediateDirectories: true)
      try Data("no model".utf8).write(to: version.appendingPathComponent("model.xmodel"))
      let damaged = try BuiltProgram.run(["serve", folder.path, "-l", "127.0.0.1:0", "-d", "software"])
      #expect(damaged.code == 3)
      #expect(damaged.messages.contains("not one of the models"))
      let wrong = try BuiltProgram.run(["serve", folder.path, "-l", "nonsense"])
      #expect(wrong.code == 2)
      let token = try BuiltProgram.run(["serve", folder.path, "--token-file", folder.path + "/none"])
      #expect(token.code == 3)
      #expect(token.messages.contains("cannot read the tokens"))
      let tokens = folder.appendingPathComponent("tokens")
      try Data("0123456789abcdef".utf8).write(to: tokens)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: tokens.path)
      let open = try BuiltProgram.run(["serve", folder.path, "--token-file", tokens.path])
      #expect(open.code == 3)
      #expect(open.messages.contains("found mode 644, expected 640 or less"))
    }
  }

  @Test("a port that is taken is named, and a damaged model keeps no other from being served")
  func portTaken() throws {
    try TemporaryFolder.with { folder in
      let damaged = folder.appendingPathComponent("damaged.xmodel")
      try Data("no model".utf8).write(to: damaged)
      try ServedProgram.with(["sample": Self.sample, "damaged": damaged]) { served in
        #expect(served.words.contains("cannot load \"damaged\""))
        let second = try BuiltProgram.run(
          ["serve", served.models.path, "-l", served.address, "-d", "software"])
        #expect(second.code == 3)
        #expect(second.messages.contains(served.address), "\(second.messages)")
        #expect(second.messages.contains("Address already in use"), "\(second.messages)")
        #expect(served.ask("/v2/health/ready")?.status == 200, "the first one goes on")
      }
    }
  }
}
