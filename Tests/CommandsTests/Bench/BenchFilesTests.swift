import Foundation
import Glibc
import TestSupport
import Testing
import Vision

/// `dpu bench` with files: those that can't be used, and those that can't be written.
@Suite struct BenchFilesTests {
  /// What the tests read of a report.
  struct Report: Decodable {
    struct Phase: Decodable {
      let phase: String
      let definition: String
    }
    struct Input: Decodable { let files: Int? }
    let input: Input
    let phases: [Phase]
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
}
