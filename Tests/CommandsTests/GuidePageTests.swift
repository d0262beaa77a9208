import Commands
import Foundation
import TestSupport
import Testing

/// Keeps the tables of the guide and what the commands do the same.
@Suite struct GuidePageTests {
  /// The first cells of the table under a heading, without its head.
  private static func firstCells(of page: String, under heading: String) throws -> [String] {
    let file = Repository.root.appendingPathComponent("docs/guide/\(page)")
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix(heading + "\n") } ?? ""
    let rows = section.components(separatedBy: "\n\n").first { $0.hasPrefix("| ") } ?? ""
    return rows.split(separator: "\n").dropFirst(2).map { row in
      row.dropFirst(2).prefix { $0 != "|" }.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test("the doctor's page has every check in order")
  func doctor() throws {
    let cells = try Self.firstCells(of: "doctor.md", under: "What is checked")
    #expect(cells == Finding.Check.allCases.map { "`\($0.rawValue)`" })
  }

  @Test("the doctor's page has the 20 symptoms, those that are not provoked in italics")
  func symptoms() throws {
    let cells = try Self.firstCells(of: "doctor.md", under: "Symptoms of the field")
    #expect(cells.count == Symptom.allCases.count)
    #expect(cells.map { !$0.hasPrefix("*") } == Symptom.allCases.map(\.isProvoked))
  }

  @Test("the self-test's page has every check in order")
  func selftest() throws {
    let cells = try Self.firstCells(of: "selftest.md", under: "What is asked")
    #expect(cells == SelftestTests.allSteps.map { "`\($0)`" })
  }

  @Test("the way to the first picture has the rows of the table of images")
  func images() throws {
    func rows(_ page: String, columns: [Int]) throws -> [[String]] {
      let text = String(
        decoding: try Data(contentsOf: Repository.root.appendingPathComponent(page)), as: UTF8.self)
      let cells = text.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains("| 0x10") }.map { row in
        row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      }
      return cells.map { row in columns.map { row[$0] } }
    }
    let kept = try rows("board-overlays/README.md", columns: [0, 1, 3])
    #expect(kept.count >= 7)
    #expect(try rows("docs/guide/first-picture.md", columns: [0, 1, 2]) == kept)
  }
}
