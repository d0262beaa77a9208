import Foundation
import TestSupport
import Testing

/// The forms in which scores are printed: the same numbers in each, and the device that made them.
@Suite struct EvaluateFormTests {
  /// The rows of `dpu evaluate --csv`, read as RFC 4180 has it.
  struct Table {
    /// The values by what stands before them, without the device.
    private let values: [[String]: String]
    let devices: Set<String>
    let rowCount: Int

    init(_ outcome: BuiltProgram.Outcome) throws {
      try #require(outcome.code == 0, "\(outcome.messages)")
      var rows = Self.rows(outcome.output)
      let columns = ["device", "scope", "case", "class", "prediction", "score", "value"]
      try #require(rows.first == columns)
      rows.removeFirst()
      try #require(rows.allSatisfy { $0.count == columns.count })
      rowCount = rows.count
      devices = Set(rows.map { $0[0] })
      // No two rows say the same.
      values = try Dictionary(rows.map { (Array($0[1..<6]), $0[6]) }) { _, _ in throw Repetition() }
    }

    private struct Repetition: Error {}

    /// The value of a row, `nil` where it has none.
    func number(_ key: [String]) throws -> Double? {
      let text = try #require(values[key], "no row \(key)")
      guard !text.isEmpty else { return nil }
      let number: Double = try #require(Double(text), "\(key): \(text)")
      return number
    }

    /// The files of the cases.
    var cases: Set<String> { Set(values.keys.filter { $0[0] == "case" }.map { $0[1] }) }

    private static func rows(_ text: String) -> [[String]] {
      var rows = [[""]]
      var isQuoted = false
      var last: Character = "\n"
      for character in text {
        switch character {
        case "\"":
          // Two within quotes are one.
          if !isQuoted, last == "\"" { rows[rows.count - 1][rows[rows.count - 1].count - 1].append("\"") }
          isQuoted.toggle()
        case "," where !isQuoted: rows[rows.count - 1].append("")
        case "\n" where !isQuoted: rows.append([""])
        default: rows[rows.count - 1][rows[rows.count - 1].count - 1].append(character)
        }
        last = character
      }
      return rows.dropLast()
    }
  }

  private struct Device: Decodable {
    struct Description: Decodable {
      let kind: String
      let detail: String
    }
    let device: Description
  }

  private static let set = Repository.root.appendingPathComponent("sample").path

  @Test("comma-separated values hold every number of the JSON, and the device in each row")
  func commaSeparated() throws {
    try TemporaryFolder.with { folder in
      // A name that has to be quoted.
      let set = folder.appendingPathComponent("a \"sample\", copied").path
      try FileManager.default.copyItem(atPath: Self.set, toPath: set)
      let table = try Table(BuiltProgram.run(["evaluate", RunTests.model, set, "--csv", "-q"]))
      let outcome = try BuiltProgram.run(["evaluate", RunTests.model, set, "--json", "-q"])
      let json = Data(outcome.output.utf8)
      let report = try JSONDecoder().decode(EvaluateTests.Report.self, from: json)
      let device = try JSONDecoder().decode(Device.self, from: json).device
      #expect(table.devices == ["\(device.kind) (\(device.detail))"])

      #expect(try table.number(["pooled", "", "", "", "accuracy"]) == report.accuracy)
      #expect(try table.number(["pooled", "", "", "", "mean_foreground_dice"]) == report.mean_foreground_dice)
      #expect(try table.number(["pooled", "", "", "", "mean_foreground_iou"]) == report.mean_foreground_iou)
      #expect(try table.number(["pooled", "", "", "", "weighted_dice"]) == report.weighted_dice)
      #expect(try table.number(["pooled", "", "", "", "correct"]) == Double(report.correct))
      #expect(try table.number(["pooled", "", "", "", "total"]) == Double(report.total))
      let perCase = try #require(report.per_case)
      for (inReport, name) in [
        ("accuracy", "accuracy"), ("foreground_dice", "mean_foreground_dice"), ("weighted_dice", "weighted_dice"),
      ] {
        let spread = try #require(perCase[inReport].flatMap { $0 })
        #expect(try table.number(["mean", "", "", "", name]) == spread.mean, "\(name)")
        #expect(try table.number(["sd", "", "", "", name]) == spread.sd, "\(name)")
        #expect(try table.number(["cases", "", "", "", name]) == Double(spread.cases), "\(name)")
      }
      for (truth, one) in report.classes.enumerated() {
        #expect(try table.number(["pooled", "", one.label, "", "dice"]) == one.dice)
        #expect(try table.number(["pooled", "", one.label, "", "iou"]) == one.iou)
        #expect(try table.number(["pooled", "", one.label, "", "weighted_dice"]) == one.weighted_dice)
        #expect(try table.number(["mean", "", one.label, "", "dice"]) == one.dice_per_case?.mean)
        #expect(try table.number(["sd", "", one.label, "", "dice"]) == one.dice_per_case?.sd)
        for (prediction, other) in report.classes.enumerated() {
          let count = try table.number(["pooled", "", one.label, other.label, "confusion"])
          #expect(count == Double(report.confusion[truth][prediction]), "\(one.label) as \(other.label)")
        }
      }
      #expect(table.cases == Set(report.results.map(\.path)) && table.cases.count == 20)
      for one in report.results {
        #expect(try table.number(["case", one.path, "", "", "mean_foreground_dice"]) == one.mean_foreground_dice)
        #expect(try table.number(["case", one.path, "", "", "weighted_dice"]) == one.weighted_dice)
        for (label, dice) in try #require(one.dice).enumerated() {
          #expect(try table.number(["case", one.path, report.classes[label].label, "", "dice"]) == dice)
        }
      }
      #expect(table.rowCount == 20 * (4 + 5 * 7) + (6 + 5 * 7) + 3 * 3 + 5 * 2 * 3 + 25)
    }
  }

  @Test("Markdown names the device too; one form at a time")
  func markdown() throws {
    let page = try BuiltProgram.run(["evaluate", RunTests.model, Self.set, "--markdown", "-q"])
    #expect(page.code == 0 && page.output.hasPrefix("## \(RunTests.model) on device: software ("))
    #expect(page.output.contains("\n\n20 pictures: mean foreground Dice 0.9"))
    #expect(page.output.contains("\n| class | pixels | precision | recall | IoU | Dice | weighted |"))
    #expect(page.output.contains("\n**confusion (rows: truth, columns: prediction)**\n\n|  | background | liver |"))

    let both = try BuiltProgram.run(["evaluate", RunTests.model, Self.set, "--markdown", "--json"])
    #expect(both.code == 2 && both.messages.contains("'--json' and '--markdown' exclude each other"))
  }
}
