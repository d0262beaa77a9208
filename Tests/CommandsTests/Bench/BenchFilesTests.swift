import Foundation
import Glibc
import TestSupport
import Tensors
import Testing
import Vision

/// `dpu bench` with files: those that can't be used, those that can't be written, and those that have to be resized.
@Suite struct BenchFilesTests {
  /// What the tests read of a report.
  struct Report: Decodable {
    struct Phase: Decodable {
      struct Stage: Decodable {
        let stage: String
        let of_a_processor: Double
      }
      let phase: String
      let definition: String
      let stages: [Stage]
    }
    struct Input: Decodable { let files: Int? }
    let input: Input
    let phases: [Phase]
    let hints: [String]
    let resize_share: Double?
    let incomplete: String?
    let failures: [RunTests.Report.Failure]
  }

  private static func report(_ outcome: BuiltProgram.Outcome) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test("files that can't be used are named and left out, the others are measured, and the exit code says so")
  func corrupt() throws {
    try TemporaryFolder.with { folder in
      for name in ["slice-01.png", "slice-02.png"] {
        let target = folder.appendingPathComponent(name).path
        try FileManager.default.copyItem(atPath: "\(RunTests.pictures)/\(name)", toPath: target)
      }
      // The first by name, so that it would be the frame in memory, and one in the middle.
      let whole = try Data(contentsOf: folder.appendingPathComponent("slice-01.png"))
      let bad = ["a.png", "slice-01b.png"].map { folder.appendingPathComponent($0).path }
      try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: bad[0]))
      try Data("no picture".utf8).write(to: URL(fileURLWithPath: bad[1]))
      let arguments = ["bench", RunTests.model, folder.path, "-t", "1"] + BenchTests.brief
      let outcome = try BuiltProgram.run(arguments + ["--json"])
      #expect(outcome.code == 3)
      let report = try Self.report(outcome)
      try JSONPageTests.compare(outcome.output)
      #expect(report.phases.count == 3 && report.incomplete == nil)
      #expect(report.failures.map(\.path) == bad && report.input.files == 2)
      #expect(report.phases[1].definition.hasSuffix("; 2 files, over and over"))
      for path in bad { #expect(outcome.messages.contains("dpu: error: \(path): ")) }
      for form in [[], ["--markdown"]] {
        let text = try BuiltProgram.run(arguments + form)
        #expect(text.code == 3 && text.output.contains("2 inputs skipped, named above; the others were run"))
      }
      let sweep = try BuiltProgram.run(arguments + ["--sweep", "--json"])
      #expect(sweep.code == 3 && sweep.output.contains("slice-01b.png"))
    }
  }

  @Test("where no file can be used, nothing is measured")
  func allCorrupt() throws {
    try TemporaryFolder.with { folder in
      let bad = folder.appendingPathComponent("bad.png").path
      try Data("no picture".utf8).write(to: URL(fileURLWithPath: bad))
      let empty = folder.appendingPathComponent("empty").path
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      let outcome = try BuiltProgram.run(["bench", RunTests.model, bad, empty])
      #expect(outcome.code == 3 && outcome.output.isEmpty)
      for words in ["\(bad): ", "\(empty): the folder holds no", "no INPUT can be used, 2 named above"] {
        #expect(outcome.messages.contains(words), "\(words)")
      }
      // A picture that can be read, but not be made the model's input.
      let unfit = try BuiltProgram.run(
        ["bench", PacedRunTests.model, "\(RunTests.pictures)/slice-01.png", "-d", "paced", "--tensors"])
      #expect(unfit.code == 3 && unfit.messages.contains("slice-01.png: is a picture of"))
    }
  }

  @Test(
    "a result that can't be written ends the measurement; the phases before it are reported as incomplete",
    .disabled(if: Sanitizer.isInUse, "a sanitizer needs files larger than the limit that stands for a full disk"))
  func fullDisk() throws {
    try TemporaryFolder.with { folder in
      let big = folder.appendingPathComponent("big.png").path
      try Picture(contentsOf: "\(RunTests.pictures)/slice-02.png").resized(width: 900, height: 900).writePNG(to: big)
      let output = folder.appendingPathComponent("out").path
      let arguments = ["bench", RunTests.model, "\(RunTests.pictures)/slice-01.png", big, "-o", output, "-t", "1"]
      for form in [["--json"], [], ["--markdown"]] {
        // Files of more than 200 blocks of 512 bytes can't be written: the big label map can't.
        let outcome = try BuiltProgram.run(
          arguments + BenchTests.brief + form,
          launcher: ["/bin/sh", "-c", "ulimit -f 200; exec \"$0\" \"$@\""])
        #expect(outcome.code == 3)
        let reason = "\(output)/big.labels.npy: cannot write the file: File too large"
        #expect(outcome.messages.contains("dpu: error: \(reason)"), "\(outcome.messages)")
        let words = "end-to-end and latency not measured: \(reason)"
        if form == ["--json"] {
          let report = try Self.report(outcome)
          #expect(report.phases.map(\.phase) == ["device-only"] && report.incomplete == words)
        } else {
          #expect(outcome.output.contains("incomplete: \(words)") && outcome.output.contains("device-only"))
        }
      }
    }
  }

  /// A card whose percentiles look at every pixel of a frame before it is resized.
  static let card = """
    {"name": "big frames", "task": "regression", "colors": "rgb", "source": "a test",
     "resize": {"width": 8, "height": 8, "method": "bilinear"},
     "values": {"mapping": "percentile", "low": 0.5, "high": 0.5, "scope": "frame"}}
    """

  @Test("says how much of preprocessing is due to the size of the frames, and what would save it")
  func resizing() throws {
    try TemporaryFolder.with { folder in
      let card = folder.appendingPathComponent("card.json").path
      try Data(Self.card.utf8).write(to: URL(fileURLWithPath: card))
      let (width, height) = (2000, 1500)
      let samples = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let array = NumpyArray(shape: Shape([height, width, 3]), uint8: samples)
      let input = try RunTests.write(array, "big.npy", in: folder)
      let outcome = try BuiltProgram.run(
        [
          "bench", PacedRunTests.model, input, "--card", card, "-d", "paced", "--paced-ms", "0.05", "--tensors",
          "--json",
        ] + BenchTests.longer)
      let report = try Self.report(outcome)
      #expect(try #require(report.resize_share) > 0.9)
      let stages = try #require(report.phases.first { $0.phase == "end-to-end" }).stages
      let preprocess = try #require(stages.first { $0.stage == "preprocess" })
      let hint = report.hints.first { $0.hasPrefix("preprocess (") }
      #expect((hint != nil) == (preprocess.of_a_processor >= 0.25), "\(preprocess)")
      if let hint {
        #expect(hint.contains(" % of it resizing from 2000 x 1500 to 8 x 8 and what else grows with the picture"))
        #expect(hint.hasSuffix("(measured on one frame alone): give pictures in the model's size"))
      }
    }
  }

  @Test("a frame of the model's size has nothing that resizing could save")
  func nothingToResize() throws {
    for input in [[], ["\(RunTests.pictures)/slice-01.png"]] {
      let outcome = try BuiltProgram.run(["bench", RunTests.model, "-t", "1", "--json"] + input + BenchTests.brief)
      let report = try Self.report(outcome)
      #expect(report.resize_share == nil && !report.hints.contains { $0.contains("resizing from") })
    }
  }

  @Test("a picture of another size than the model's has a share, whatever its kind")
  func kinds() throws {
    try TemporaryFolder.with { folder in
      let slice = try Picture(contentsOf: "\(RunTests.pictures)/slice-02.png").resized(width: 700, height: 500)
      let picture = folder.appendingPathComponent("big.png").path
      try slice.writePNG(to: picture)
      let array = try RunTests.write(
        NumpyArray(shape: Shape([500, 700]), uint8: slice.samples), "big.npy", in: folder)
      for input in [picture, array] {
        let outcome = try BuiltProgram.run(["bench", RunTests.model, input, "-t", "1", "--json"] + BenchTests.brief)
        let share = try #require(try Self.report(outcome).resize_share)
        #expect((0...1).contains(share), "\(input)")
      }
      // Floats of the model's size would be taken for something else, so there is nothing to measure beside them.
      let floats = try RunTests.write(
        NumpyArray(shape: Shape([500, 700]), float32: slice.samples.map { Float($0) }), "floats.npy", in: folder)
      let outcome = try BuiltProgram.run(["bench", RunTests.model, floats, "-t", "1", "--json"] + BenchTests.brief)
      let report = try Self.report(outcome)
      #expect(outcome.code == 0 && report.resize_share == nil)
    }
  }
}
