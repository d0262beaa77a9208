import Foundation
import TestSupport
import Testing
import Vision

@Suite struct EvaluateTests {
  struct Report: Decodable {
    struct Class: Decodable {
      let label: String
      let dice: Double?
    }
    let schema: String
    let pictures: Int
    let correct: Int
    let total: Int
    let accuracy: Double?
    let mean_foreground_dice: Double?
    let classes: [Class]
    let confusion: [[Int]]
    let failures: [RunTests.Report.Failure]
  }

  private static let set = Repository.root.appendingPathComponent("sample").path

  private static func report(_ outcome: BuiltProgram.Outcome) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test("scores the sample model on the sample's held-out pictures: mean Dice of at least 0.95")
  func sample() throws {
    let outcome = try BuiltProgram.run(["evaluate", RunTests.model, Self.set, "--json", "--at-least", "0.95"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    let report = try Self.report(outcome)
    #expect(report.schema == "dpu.evaluate/1" && report.pictures == 20 && report.failures.isEmpty)
    #expect(report.total == 20 * 128 * 128)
    let dice = try #require(report.mean_foreground_dice)
    #expect(dice >= 0.95 && dice < 1)
    // The same from the matrix, by the definition.
    var sum = 0.0
    for label in 1..<5 {
      let truth = report.confusion[label].reduce(0, +)
      let predicted = report.confusion.reduce(0) { $0 + $1[label] }
      sum += Double(2 * report.confusion[label][label]) / Double(truth + predicted)
    }
    #expect(abs(sum / 4 - dice) < 1e-12)
    #expect(report.classes.map(\.label) == ["background", "liver", "spleen", "kidneys", "stomach"])
  }

  @Test("prints the scores and the confusion matrix, the speed apart from them")
  func text() throws {
    let outcome = try BuiltProgram.run(["evaluate", RunTests.model, Self.set])
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("20 pictures: mean foreground Dice 0.9"))
    #expect(outcome.output.contains("confusion (rows: truth, columns: prediction)"))
    #expect(outcome.messages.contains("frames/s end-to-end") && !outcome.output.contains("frames/s"))
  }

  @Test("ends with exit code 1 where the score is below what was asked")
  func atLeast() throws {
    let outcome = try BuiltProgram.run(["evaluate", RunTests.model, Self.set, "--at-least", "0.9999", "-q"])
    #expect(outcome.code == 1)
    #expect(outcome.messages.hasPrefix("dpu: error: the score 0.9") && outcome.messages.hasSuffix(" is below 0.9999\n"))
    for bad in ["2", "x", "nan"] {
      #expect(try BuiltProgram.run(["evaluate", RunTests.model, Self.set, "--at-least", bad]).code == 2)
    }
  }

  @Test("names pictures without labels, labels without pictures and maps of the wrong size; exit code 3")
  func mismatches() throws {
    try TemporaryFolder.with { folder in
      for (name, files) in [("pictures", ["slice-01", "slice-02", "slice-03"]), ("labels", ["slice-02", "slice-04"])] {
        let own = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        for file in files {
          try FileManager.default.copyItem(atPath: "\(Self.set)/\(name)/\(file).png", toPath: "\(own.path)/\(file).png")
        }
      }
      let small = LabelMap(width: 2, height: 2, labels: [0, 1, 2, 3])
      try small.writeNumpy(to: folder.appendingPathComponent("labels/slice-03.npy").path)
      let outcome = try BuiltProgram.run(["evaluate", RunTests.model, folder.path, "--json"])
      #expect(outcome.code == 3)
      let report = try Self.report(outcome)
      #expect(report.pictures == 1)
      #expect(
        report.failures.map { URL(fileURLWithPath: $0.path).lastPathComponent } == [
          "slice-01.png", "slice-04.png", "slice-03.npy",
        ])
    }
  }

  @Test("says what folder it expected")
  func folders() throws {
    try TemporaryFolder.with { folder in
      let nothing = try BuiltProgram.run(["evaluate", RunTests.model, folder.path])
      #expect(nothing.code == 3)
      #expect(nothing.messages.hasPrefix("dpu: error: \(folder.path)/labels: there is no such folder"))
      #expect(try BuiltProgram.run(["evaluate", RunTests.model, "\(folder.path)/none"]).code == 3)
    }
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedEvaluateTests {
  @Test("scores the blood cells: 63 of 71")
  func bloodCells() throws {
    let outcome = try BuiltProgram.run([
      "evaluate", Shared.url("models/nerone/bccd.xmodel").path, Shared.url("data/bccd").path, "--json",
    ])
    #expect(outcome.code == 0)
    let report = try JSONDecoder().decode(EvaluateTests.Report.self, from: Data(outcome.output.utf8))
    #expect(report.correct == 63 && report.total == 71)
    #expect(report.confusion.map { $0.reduce(0, +) } == [13, 6, 4, 48])
    #expect(report.mean_foreground_dice == nil)
  }

  @Test("names a sub-folder that is none of the classes, upper and lower case being alike")
  func classNames() throws {
    try TemporaryFolder.with { folder in
      let model = try Shared.url("models/nerone/bccd.xmodel").path
      let none = try BuiltProgram.run(["evaluate", model, folder.path])
      #expect(none.code == 3 && none.messages.contains("expected a sub-folder for each class (EOSINOPHIL"))
      let cells = folder.appendingPathComponent("lymphocyte").path
      try FileManager.default.copyItem(atPath: Shared.url("data/bccd/LYMPHOCYTE").path, toPath: cells)
      let good = try BuiltProgram.run(["evaluate", model, folder.path])
      #expect(good.code == 0 && good.output.contains(" of 6 correct"))
      try FileManager.default.createDirectory(atPath: "\(folder.path)/basophil", withIntermediateDirectories: true)
      let bad = try BuiltProgram.run(["evaluate", model, folder.path])
      #expect(bad.code == 3 && bad.messages.contains("sub-folder 'basophil' is none of the card's labels"))
    }
  }
}
