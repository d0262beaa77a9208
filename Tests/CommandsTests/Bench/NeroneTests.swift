import Foundation
import Glibc
import TestSupport
import Testing

/// `dpu bench --nerone`: the paper's Table I, beside what is measured and predicted.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)), .serialized)
struct NeroneTests {
  struct Table: Decodable {
    struct Row: Decodable {
      struct Paper: Decodable {
        let pynq_frames_per_second: Double
        let vart_frames_per_second: Double
        let vart_was_measured: Bool
        let pynq_watts: Double
        let score_percent: Double
      }
      struct Here: Decodable {
        let device: String
        let device_only_frames_per_second: Double
      }
      struct Predicted: Decodable {
        let device: String
        let device_only_frames_per_second: Double
      }
      let task: String
      let paper: Paper
      let measured_here: Here
      let predicted: Predicted
    }
    let rows: [Row]
  }

  /// What stands in the paper: task, frames/s with PYNQ-DPU and with VART, watts and percent with PYNQ-DPU.
  ///
  /// - Source: NERONE, Table I.
  static let paper: [(task: String, pynq: String, vart: String, watts: String, score: String)] = [
    ("CT-ORG", "82.92", "335.40", "17.59", "90.10"), ("BraTS", "93.34", "377.53", "16.47", "82.89"),
    ("Prostate", "190.68", "771.27", "15.96", "91.59"), ("BCCD", "225.49", "912.06", "17.35", "92.05"),
  ]

  /// The titles of the columns in order; what is quoted says so.
  static let titles = [
    "task", "paper, PYNQ-DPU", "paper, VART", "paper, W", "paper, Dice or accuracy", "measured here, device alone",
    "measured here, end to end", "predicted, ZCU104",
  ]

  /// Cuts a printed table into cells.
  ///
  /// - Parameter separator: What stands between two cells.
  static func cells(_ output: String, separator: String) -> [[String]] {
    let lines = output.components(separatedBy: "\n").map { line in
      line.components(separatedBy: separator).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    guard let title = lines.firstIndex(of: titles) else { return [] }
    return Array(lines[title...].filter { $0.count == titles.count && !$0[0].hasPrefix("-") }.prefix(5))
  }

  @Test("each figure of the paper stands in its column of quotes, and nothing else does", arguments: [false, true])
  func columns(isMarkdown: Bool) throws {
    let folder = try Shared.url("models/nerone").path
    let outcome = try BuiltProgram.run(
      ["bench", folder, "--nerone", "--duration", "0.05", "--warm-up", "0"] + (isMarkdown ? ["--markdown"] : []),
      within: 300)
    #expect(outcome.code == 0, "\(outcome.messages)")
    let table = Self.cells(outcome.output, separator: isMarkdown ? "|" : "  ")
    try #require(table.count == 5, "\(outcome.output)")
    for (row, paper) in zip(table.dropFirst(), Self.paper) {
      let isMeasured = paper.task == "CT-ORG"
      #expect(
        Array(row.prefix(5)) == [
          paper.task, paper.pynq, isMeasured ? paper.vart : "\(paper.vart) *", paper.watts, "\(paper.score) %",
        ])
      for cell in row.suffix(3) {
        let number = cell.components(separatedBy: " ")[0]
        #expect(Double(number) != nil, "\(cell)")
        #expect(![paper.pynq, paper.vart, paper.watts, paper.score].contains(number), "\(cell)")
      }
    }
    #expect(outcome.output.contains("measured here: software ("))
    #expect(!outcome.output.contains("cut short"))
  }

  @Test("its JSON keeps what is quoted, measured and predicted apart")
  func json() throws {
    let folder = try Shared.url("models/nerone").path
    let arguments = ["bench", folder, "--nerone", "--duration", "0.1", "--warm-up", "0"]
    let outcome = try BuiltProgram.run(arguments + ["--json"], within: 300)
    #expect(outcome.code == 0, "\(outcome.messages)")
    try JSONPageTests.compare(outcome.output)
    let rows = try JSONDecoder().decode(Table.self, from: Data(outcome.output.utf8)).rows
    #expect(rows.map(\.task) == Self.paper.map(\.task))
    for (row, paper) in zip(rows, Self.paper) {
      #expect(row.paper.pynq_frames_per_second == Double(paper.pynq))
      #expect(row.paper.vart_frames_per_second == Double(paper.vart))
      #expect(row.paper.pynq_watts == Double(paper.watts) && row.paper.score_percent == Double(paper.score))
      #expect(row.paper.vart_was_measured == (paper.task == "CT-ORG"))
      #expect(row.measured_here.device.hasPrefix("software (") && row.predicted.device.hasPrefix("ZCU104"))
      #expect(row.measured_here.device_only_frames_per_second > 0)
      #expect((100...2000).contains(row.predicted.device_only_frames_per_second))
    }
    let missing = try BuiltProgram.run(["bench", "scripts", "--nerone"])
    #expect(missing.code == 3 && missing.messages.contains("scripts/ctorg.xmodel"))
  }

  @Test("a paced device is refused: it would put given times under what is measured")
  func paced() throws {
    let folder = try Shared.url("models/nerone").path
    for options in [["-d", "paced"], ["--device", "paced", "--paced-ms", "1"]] {
      let outcome = try BuiltProgram.run(["bench", folder, "--nerone"] + options)
      #expect(outcome.code == 2 && outcome.output.isEmpty)
      #expect(outcome.messages.contains("bench: --nerone is for devices that run the models"))
    }
  }

  @Test("publishes its numbers while it runs, and a signal says what is missing", arguments: [[], ["--markdown"]])
  func interrupted(form: [String]) throws {
    let folder = try Shared.url("models/nerone").path
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(
        ["bench", folder, "--nerone", "--duration", "600", "--warm-up", "0"] + form, scratch: scratch)
      #expect(try program.isSeenByTop(in: scratch), "\(program.messages)")
      program.send(SIGINT)
      #expect(program.code() == 130)
      #expect(
        program.output.contains("cut short by a signal; not measured: BraTS, Prostate, BCCD"), "\(program.output)")
      #expect(program.output.contains(" (cut short)") && program.output.contains("not measured"))
    }
  }
}
