import Foundation
import TestSupport
import Testing

/// Keeps the tables of docs/guide/json.md and what the commands print the same.
@Suite struct JSONPageTests {
  /// A member of a table, and the members of its own that the rows below it name.
  struct Member: Equatable {
    let name: String
    var inner: Set<String> = []
  }

  /// The tables under a heading.
  static func tables(of schema: String) throws -> [[Member]] {
    let file = Repository.root.appendingPathComponent("docs/guide/json.md")
    let page = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let section = page.components(separatedBy: "\n## ").first { $0.hasPrefix(schema + "\n") } ?? ""
    var tables: [[Member]] = []
    for line in section.split(separator: "\n") where line.hasPrefix("| ") {
      let cell = line.dropFirst(2).prefix { $0 != "|" }
      let names = cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter {
        $0.offset % 2 == 1
      }.map { String($0.element) }
      if cell.hasPrefix("member") {
        tables.append([])
      } else if cell.hasPrefix("… "), !cell.hasPrefix("… … "), let last = tables.last?.indices.last {
        tables[tables.count - 1][last].inner.formUnion(names)
      } else if !cell.hasPrefix("… ") {
        tables[tables.count - 1] += names.map { Member(name: $0) }
      }
    }
    return tables
  }

  /// Compares a printed object with the table of its schema.
  static func compare(_ text: String) throws {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let object = try #require(value as? [String: Any])
    let schema = try #require(object["schema"] as? String)
    let table = try #require(tables(of: schema).first, "\(schema)")
    try compare(object.filter { $0.key != "schema" }, table, schema)
  }

  /// Compares the members of an object with a table.
  static func compare(_ object: [String: Any], _ members: [Member], _ name: String) throws {
    #expect(Set(members.map(\.name)) == Set(object.keys), "\(name)")
    for member in members where !member.inner.isEmpty {
      let inner = (object[member.name] as? [[String: Any]])?.first ?? object[member.name] as? [String: Any]
      let keys = try #require(inner, "\(name): \(member.name) is there to be compared").keys
      #expect(member.inner == Set(keys), "\(name): \(member.name)")
    }
  }

  @Test("the members of dpu.live/1, dpu.statistics/1 and dpu.top/1 are those of the page")
  func live() throws {
    try TemporaryFolder.with { folder in
      let lines = try BuiltProgram.run([
        "live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "20", "--duration", "1.5", "--json",
        "--record", folder.path,
      ]).output.split(separator: "\n")
      try Self.compare(String(try #require(lines.first)))
      try Self.compare(String(try #require(lines.last)))
      #expect(lines.first != lines.last)
    }
    try Self.compare(BuiltProgram.run(["top", "--once", "--json"]).output)
  }

  @Test("the members of dpu.selftest/1 are those of the page")
  func selftest() throws {
    try Self.compare(BuiltProgram.run(["selftest", "-d", "simulated", "--json"]).output)
    try Self.compare(BuiltProgram.run(["selftest", "-d", "software", "--json"]).output)
  }
}
