import Foundation
import Tensors
import TestSupport
import Testing
import Vision

/// What is left of a run when jobs fail on a board: the frames that did not, and a report of all.
@Suite struct BoardRunFaultTests {
  struct Report: Decodable {
    struct Result: Decodable {
      let path: String
      let frame: Int?
      let files: [String: String]
    }
    struct Failure: Decodable {
      let path: String
      let frame: Int?
      let message: String
    }
    let frames: Int
    let results: [Result]
    let failures: [Failure]
    let incomplete: String?
  }

  static func report(_ outcome: BuiltProgram.Outcome) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  private static let card = #"""
    {"name": "nothing", "task": "segmentation", "colors": "rgb",
     "resize": {"width": 8, "height": 8, "method": "bilinear"}, "values": {"mapping": "scale", "divisor": 255}}
    """#

  /// Runs a command on a board in a library; the jobs of the numbers end in a state of error, or never.
  private static func run(
    _ arguments: [String], cores: Int, failing jobs: [Int], hangs: Bool = false, in folder: URL
  ) throws -> BuiltProgram.Outcome {
    let card = folder.appendingPathComponent("card.json").path
    try Data(Self.card.utf8).write(to: URL(fileURLWithPath: card))
    let fault = hangs ? "\"hangs\": true" : "\"state\": 5"
    let faults = jobs.map { "{\"job\": \($0), \(fault)}" }
    return try FakeBoardRun.run(
      [arguments[0], FakeBoardRun.model] + arguments.dropFirst() + ["--card", card], cores: cores,
      json: #", "jobs": [\#(faults.joined(separator: ", "))]"#, limit: hangs ? 2000 : 60000)
  }

  private static var pictures: [String] {
    (1...20).map { "\(RunTests.pictures)/slice-\($0 < 10 ? "0" : "")\($0).png" }
  }

  /// Checks that the files in a folder are those that a report names.
  private static func check(_ report: Report, against folder: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
    #expect(Set(names) == Set(report.results.flatMap { $0.files.values }))
    #expect(names.count == 3 * report.results.count && report.frames == report.results.count)
  }

  @Test("a frame whose job fails twice is named with its file and number, the others go on; exit code 5")
  func failedFrames() throws {
    try TemporaryFolder.with { folder in
      let output = folder.appendingPathComponent("out").path
      // One frame at a time: the jobs 2 and 3 are the third frame, 21 and 22 one of the array's, 24 is tried again.
      let array = try RunTests.write(
        NumpyArray(shape: Shape([4, 8, 8, 3]), int8: [Int8](repeating: 9, count: 4 * 192)), "some.npy", in: folder)
      let outcome = try Self.run(
        ["run"] + Self.pictures + [array, "--json", "-o", output, "--in-flight", "1"], cores: 2,
        failing: [2, 3, 22, 23, 25], in: folder)
      #expect(outcome.code == 5, "\(outcome.messages)")
      let report = try Self.report(outcome)
      #expect(report.incomplete == nil)
      let lost = Self.pictures[2]
      let expected = Self.pictures.filter { $0 != lost }.map { ($0, 0) } + [(array, 0), (array, 2), (array, 3)]
      #expect(report.results.map(\.path) == expected.map(\.0) && report.results.map(\.frame) == expected.map(\.1))
      #expect(report.failures.map(\.path) == [lost, array] && report.failures.map(\.frame) == [0, 1])
      for failure in report.failures {
        #expect(failure.message.contains("state 5 (ERROR)") && failure.message.contains("(tried 2 times)"))
      }
      try Self.check(report, against: output)
      let lines = outcome.messages.split(separator: "\n").map(String.init)
      #expect(lines.contains { $0.hasPrefix("dpu: error: \(lost): ") && $0.contains("state 5 (ERROR)") })
      #expect(lines.contains { $0.hasPrefix("dpu: error: \(array)[1]: ") && $0.contains("state 5 (ERROR)") })
      #expect(lines.contains { $0.hasPrefix("dpu: error: 2 frames failed on the device, named above; run ") })
      #expect(lines.filter { $0.hasPrefix("dpu: error: ") }.count == 3)
    }
  }

  @Test("so it is with many frames under way on two cores, and as text", arguments: [true, false])
  func underWay(isJSON: Bool) throws {
    try TemporaryFolder.with { folder in
      let output = folder.appendingPathComponent("out").path
      let outcome = try Self.run(
        ["run"] + Self.pictures + ["-o", output] + (isJSON ? ["--json"] : []), cores: 2, failing: [8, 9, 10, 11],
        in: folder)
      let named = Self.pictures.filter { outcome.messages.contains("dpu: error: \($0): ") }
      #expect(outcome.code == (named.isEmpty ? 0 : 5), "\(outcome.messages)")
      let others = Self.pictures.filter { !named.contains($0) }
      guard isJSON else {
        let lines = outcome.output.split(separator: "\n").dropFirst()
        #expect(lines.map { $0.prefix { $0 != ":" } } == others.map { $0[...] })
        #expect(outcome.messages.contains("\(others.count) frames in "))
        return
      }
      let report = try Self.report(outcome)
      #expect(report.results.map(\.path) == others && report.failures.map(\.path) == named)
      try Self.check(report, against: output)
    }
  }

  @Test("when no core is left the run ends, and what was done is reported", arguments: [true, false])
  func noCoreLeft(hangs: Bool) throws {
    try TemporaryFolder.with { folder in
      let output = folder.appendingPathComponent("out").path
      let outcome = try Self.run(
        ["run"] + Self.pictures + ["-o", output, "--json"], cores: 1, failing: hangs ? [6] : Array(6..<60),
        hangs: hangs, in: folder)
      #expect(outcome.code == 5, "\(outcome.messages)")
      let report = try Self.report(outcome)
      #expect(report.incomplete == "no core was left to run on")
      // The frames under way reach the core in any order, but six jobs went well.
      #expect(report.results.count == 6 && report.results.map(\.path).sorted() == report.results.map(\.path))
      try Self.check(report, against: output)
      #expect(Set(report.results.map(\.path)).isDisjoint(with: report.failures.map(\.path)))
      #expect(report.failures.filter { $0.message.contains("no core is left that runs this model") }.count == 1)
      #expect(report.failures.contains { $0.message.contains(hangs ? "did not end its job" : "state 5 (ERROR)") })
      #expect(outcome.messages.contains("stopped where no core was left to run on; 6 frames kept\n"))
    }
  }

  @Test("a run of volumes keeps those before the one that failed, and names the slice")
  func volumes() throws {
    try TemporaryFolder.with { folder in
      let values = (0..<8 * 8 * 2 * 3).map { UInt8(truncatingIfNeeded: $0 * 5) }
      let paths = try ["a.nii", "b.nii", "c.nii"].map {
        try SampleVolumes.write(SampleVolumes.file(values, extents: [8, 8, 2, 3]), $0, in: folder)
      }
      let output = folder.appendingPathComponent("out").path
      let outcome = try Self.run(["run"] + paths + ["-o", output, "--json"], cores: 1, failing: [3], in: folder)
      #expect(outcome.code == 5, "\(outcome.messages)")
      let report = try Self.report(outcome)
      #expect(report.incomplete == "the device failed")
      #expect(report.results.map(\.path) == [paths[0]] && report.failures.map(\.path) == [paths[1]])
      #expect(report.failures.map(\.frame) == [nil])
      let message = try #require(report.failures.first).message
      #expect(message.hasPrefix("slice 2 of 2: ") && message.contains("state 5 (ERROR)"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: output) == ["a.nii"])
      #expect(outcome.messages.contains("dpu: error: \(paths[1]): slice 2 of 2: "))
      #expect(outcome.messages.contains("stopped where the device failed; 1 volume kept\n"))
    }
  }

  @Test("an evaluation prints the scores so far, marked as incomplete in every form")
  func evaluation() throws {
    try TemporaryFolder.with { folder in
      func evaluate(_ form: [String]) throws -> BuiltProgram.Outcome {
        let outcome = try Self.run(
          ["evaluate", Repository.root.appendingPathComponent("sample").path] + form, cores: 1, failing: [5],
          in: folder)
        #expect(outcome.code == 5, "\(outcome.messages)")
        #expect(outcome.messages.contains("dpu: error: \(Self.pictures[5]): "))
        #expect(outcome.messages.contains("state 5 (ERROR)"))
        #expect(outcome.messages.contains("stopped where the device failed; 5 pictures kept\n"))
        return outcome
      }
      let report = try JSONDecoder().decode(EvaluateTests.Report.self, from: Data(try evaluate(["--json"]).output.utf8))
      #expect(report.pictures == 5 && report.incomplete == "the device failed")
      #expect(report.failures.map(\.path) == [Self.pictures[5]])
      // The device is named first.
      let text = try evaluate([]).output.split(separator: "\n").map(String.init)
      #expect(text[1] == "incomplete: the device failed" && text[2].hasPrefix("5 pictures: "))
      let page = try evaluate(["--markdown"]).output
      #expect(page.contains("\n**incomplete: the device failed**\n\n5 pictures: "))
      let rows = try evaluate(["--csv"]).output.split(separator: "\n").map(String.init)
      #expect(rows[0].hasPrefix("device,scope,case,class,"))
      #expect(try #require(rows.last).hasSuffix(",run,,,,incomplete,the device failed"))
    }
  }

  @Test("so does one of volumes")
  func volumeEvaluation() throws {
    try TemporaryFolder.with { folder in
      let values = (0..<8 * 8 * 2 * 3).map { UInt8(truncatingIfNeeded: $0 * 5) }
      for name in ["a.nii", "b.nii", "c.nii"] {
        _ = try SampleVolumes.write(SampleVolumes.file(values, extents: [8, 8, 2, 3]), "volumes/\(name)", in: folder)
        _ = try SampleVolumes.write(
          SampleVolumes.file([UInt8](repeating: 1, count: 128), extents: [8, 8, 2]), "labels/\(name)", in: folder)
      }
      let outcome = try Self.run(["evaluate", folder.path, "--json"], cores: 1, failing: [4], in: folder)
      #expect(outcome.code == 5, "\(outcome.messages)")
      let report = try JSONDecoder().decode(EvaluateTests.Report.self, from: Data(outcome.output.utf8))
      #expect(report.pictures == 2 && report.incomplete == "the device failed")
      let failure = try #require(report.failures.first)
      #expect(failure.path.hasSuffix("/volumes/c.nii") && failure.message.hasPrefix("slice 1 of 2: "))
    }
  }
}
