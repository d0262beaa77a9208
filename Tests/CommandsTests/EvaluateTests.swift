import Foundation
import Tensors
import TestSupport
import Testing
import Vision

@Suite struct EvaluateTests {
  struct Report: Decodable {
    struct Spread: Decodable {
      let mean: Double
      let sd: Double?
      let cases: Int
    }
    struct Class: Decodable {
      let label: String
      let dice: Double?
      let iou: Double?
      let weighted_dice: Double?
      let dice_per_case: Spread?
    }
    struct Result: Decodable {
      let path: String
      let dice: [Double?]?
      let weighted_dice: Double?
      let mean_foreground_dice: Double?
    }
    let schema: String
    let pictures: Int
    let correct: Int
    let total: Int
    let accuracy: Double?
    let mean_foreground_dice: Double?
    let classes: [Class]
    let confusion: [[Int]]
    let weighted_dice: Double?
    let mean_foreground_iou: Double?
    let per_case: [String: Spread?]?
    let results: [Result]
    let failures: [RunTests.Report.Failure]
    let incomplete: String?
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
    // Dice and overlap over union tell the same of a class: D = 2 I / (1 + I).
    for one in report.classes {
      let overlap = try #require(one.iou)
      #expect(abs(2 * overlap / (1 + overlap) - (one.dice ?? 0)) < 1e-12, "\(one.label)")
    }
    #expect(try #require(report.mean_foreground_iou) < dice)
  }

  @Test("gives the scores of each case, and their mean and deviation over the cases that have the class")
  func perCase() throws {
    let report = try Self.report(BuiltProgram.run(["evaluate", RunTests.model, Self.set, "--json"]))
    #expect(report.results.count == 20)
    for (label, one) in report.classes.enumerated() {
      let values = try report.results.compactMap { try #require($0.dice)[label] }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let spread = try #require(one.dice_per_case)
      #expect(spread.cases == values.count && abs(spread.mean - mean) < 1e-12)
      #expect(abs(try #require(spread.sd) - (squares / Double(values.count - 1)).squareRoot()) < 1e-12)
    }
    let cases = try #require(report.per_case)
    #expect(Set(cases.keys) == ["foreground_dice", "weighted_dice", "accuracy"])
    let weighted = try report.results.map { try #require($0.weighted_dice) }
    let spread = try #require(cases["weighted_dice"].flatMap { $0 })
    #expect(abs(spread.mean - weighted.reduce(0, +) / 20) < 1e-12 && spread.cases == 20)
    // Large organs are found best, and each pixel of the truth weighs the same.
    #expect(try #require(report.weighted_dice) > 0.95)
  }

  @Test("goes on after a damaged picture in the middle, names and counts it; exit code 3")
  func damagedPicture() throws {
    try TemporaryFolder.with { folder in
      let set = folder.appendingPathComponent("set").path
      try FileManager.default.copyItem(atPath: Self.set, toPath: set)
      let damaged = "\(set)/pictures/slice-09.png"
      let whole = try Data(contentsOf: URL(fileURLWithPath: damaged))
      try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: damaged))
      let outcome = try BuiltProgram.run(["evaluate", RunTests.model, set, "--json", "--at-least", "0.9"])
      #expect(outcome.code == 3)
      let report = try Self.report(outcome)
      #expect(report.pictures == 19 && report.failures.map(\.path) == [damaged])
      #expect(outcome.messages.contains("dpu: error: \(damaged): "))
      #expect(outcome.messages.contains("\n1 input skipped, named above\n"))
    }
  }

  @Test("prints the scores and the confusion matrix, the speed apart from them")
  func text() throws {
    let outcome = try BuiltProgram.run(["evaluate", RunTests.model, Self.set])
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("device: software ("))
    #expect(outcome.output.contains("\n20 pictures: mean foreground Dice 0.9"))
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

/// Models that give numbers: the sample model with a card that says so, its own output the base of the targets.
@Suite struct RegressionEvaluateTests {
  struct Report: Decodable {
    let pictures: Int
    let total: Int
    let zero_targets: Int
    let not_finite: Int
    let errors: [String: Double?]
    let per_case: [String: EvaluateTests.Report.Spread?]
    let failures: [RunTests.Report.Failure]
  }

  private static let card = """
    {"name": "numbers", "task": "regression", "colors": "grey", "resize": {"width": 128, "height": 128},
     "values": {"mapping": "scale", "divisor": 128}}
    """

  /// Makes a set of two arrays, the second of two frames, whose targets differ from the output as the closure says.
  private static func make(
    in folder: URL, _ change: (Int, Float) -> Float
  ) throws -> (arguments: [String], outputs: [Float], targets: [Float]) {
    let card = folder.appendingPathComponent("card.json").path
    try Data(Self.card.utf8).write(to: URL(fileURLWithPath: card))
    for name in ["inputs", "targets"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    var random = SeededGenerator(seed: 3)
    let inputs = folder.appendingPathComponent("inputs")
    for (name, frames) in [("a", 1), ("b", 2)] {
      let array = NumpyArray(shape: Shape([frames, 128, 128, 1]), int8: random.int8s(frames * 128 * 128))
      try array.write(to: inputs.appendingPathComponent("\(name).npy").path)
    }
    let raw = folder.appendingPathComponent("raw").path
    #expect(try BuiltProgram.run(["run", RunTests.model, inputs.path, "--tensors", "-o", raw, "-q"]).code == 0)
    var outputs: [Float] = []
    var targets: [Float] = []
    for (name, files) in [("a", ["a"]), ("b", ["b.000", "b.001"])] {
      let found = try files.flatMap { try NumpyArray(contentsOf: "\(raw)/\($0).output.npy").floats }
      let wanted = found.enumerated().map { change($0.offset, $0.element) }
      let shape = Shape((files.count == 1 ? [] : [2]) + [128, 128, 5])
      let target = NumpyArray(shape: shape, float32: wanted)
      try target.write(to: folder.appendingPathComponent("targets/\(name).npy").path)
      outputs += found
      targets += wanted
    }
    return (["evaluate", RunTests.model, folder.path, "--card", card], outputs, targets)
  }

  @Test("gives the errors of all numbers and of each case")
  func errors() throws {
    try TemporaryFolder.with { folder in
      let (arguments, outputs, targets) = try Self.make(in: folder) { index, value in
        index == 7 ? 0 : index == 9 ? .nan : value + (index % 2 == 0 ? 0.5 : 0.25)
      }
      let outcome = try BuiltProgram.run(arguments + ["--json"])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
      let pairs = zip(outputs, targets).filter { !$0.1.isNaN }.map { (Double($0.0), Double($0.1)) }
      let withTarget = pairs.filter { $0.1 != 0 }
      #expect(report.pictures == 2 && report.not_finite == 2 && report.failures.isEmpty)
      #expect(report.total == pairs.count && report.zero_targets == pairs.count - withTarget.count)
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      let expected = [
        "mape": 100 * mean(withTarget.map { abs($0.1 - $0.0) / abs($0.1) }),
        "mpe": 100 * mean(withTarget.map { ($0.1 - $0.0) / $0.1 }),
        "rmse": mean(pairs.map { ($0.1 - $0.0) * ($0.1 - $0.0) }).squareRoot(),
        "mae": mean(pairs.map { abs($0.1 - $0.0) }),
      ]
      for (name, value) in expected {
        let found = try #require(report.errors[name].flatMap { $0 })
        #expect(abs(found - value) <= 1e-9 * abs(value), "\(name)")
        #expect(report.per_case[name].flatMap { $0 }?.cases == 2)
      }
      let table = try EvaluateFormTests.Table(BuiltProgram.run(arguments + ["--csv", "-q"]))
      for (name, value) in report.errors { #expect(try table.number(["pooled", "", "", "", name]) == value) }
      for (name, spread) in report.per_case {
        #expect(try table.number(["mean", "", "", "", name]) == spread?.mean)
        #expect(try table.number(["sd", "", "", "", name]) == spread?.sd)
        #expect(try table.number(["cases", "", "", "", name]) == 2)
      }
      #expect(try table.number(["pooled", "", "", "", "total"]) == Double(report.total))
      #expect(try table.number(["pooled", "", "", "", "not_finite"]) == 2)
      #expect(table.rowCount == 2 * 5 + 7 + 4 * 3)
      let text = try BuiltProgram.run(arguments)
      #expect(text.output.contains("\n2 cases, ") && text.output.contains("RMSE"))
    }
  }

  @Test("ends with exit code 1 above the error that was asked for; classes have none, numbers no least score")
  func atMost() throws {
    try TemporaryFolder.with { folder in
      let (arguments, _, _) = try Self.make(in: folder) { $1 == 0 ? 0 : $1 * 2 }
      // The target is twice the output: off by half of it.
      #expect(try BuiltProgram.run(arguments + ["--at-most", "50", "-q"]).code == 0)
      let high = try BuiltProgram.run(arguments + ["--at-most", "49.9", "-q"])
      #expect(high.code == 1 && high.messages == "dpu: error: the MAPE 50.0 is above 49.9\n")
      #expect(try BuiltProgram.run(arguments + ["--at-least", "0.5"]).code == 2)
      let sample = Repository.root.appendingPathComponent("sample").path
      #expect(try BuiltProgram.run(["evaluate", RunTests.model, sample, "--at-most", "1"]).code == 2)
      #expect(try BuiltProgram.run(arguments + ["--at-most", "-1"]).code == 2)
    }
  }

  @Test("names targets of another shape and inputs without one; exit code 3")
  func mismatches() throws {
    try TemporaryFolder.with { folder in
      let (arguments, _, _) = try Self.make(in: folder) { $1 }
      let target = folder.appendingPathComponent("targets/a.npy").path
      try NumpyArray(shape: Shape([2, 3]), float32: [Float](repeating: 0, count: 6)).write(to: target)
      try FileManager.default.removeItem(atPath: folder.appendingPathComponent("targets/b.npy").path)
      let outcome = try BuiltProgram.run(arguments + ["-q"])
      #expect(outcome.code == 3)
      #expect(outcome.messages.contains("\(target): is an array of shape 2x3, expected 1 times the model's output"))
      #expect(outcome.messages.contains("b.npy: has no target in \(folder.path)/targets"))
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
    let table = try EvaluateFormTests.Table(
      BuiltProgram.run([
        "evaluate", Shared.url("models/nerone/bccd.xmodel").path, Shared.url("data/bccd").path, "--csv", "-q",
      ]))
    #expect(try table.number(["pooled", "", "", "", "accuracy"]) == report.accuracy)
    #expect(try table.number(["pooled", "", "NEUTROPHIL", "LYMPHOCYTE", "confusion"]) == 1)
    #expect(table.rowCount == 3 + 4 * 6 + 16)
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
