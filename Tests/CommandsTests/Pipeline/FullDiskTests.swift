import Foundation
import TestSupport
import Testing
import Vision

/// A disk that runs full under a run: what was written by then is kept and reported.
@Suite(.enabled(if: MemoryDisk.isPossible, Comment(rawValue: MemoryDisk.absence)))
struct FullDiskTests {
  private static let reason = "cannot write the file: No space left on device"

  @Test("label maps of pictures: each whole file is of a frame that is reported or named as the one that did not fit")
  func pictures() throws {
    try MemoryDisk.with(kibibytes: 160) { disk in
      let output = disk.appendingPathComponent("out").path
      let outcome = try BuiltProgram.run(["run", RunTests.model, RunTests.pictures, "--json", "-o", output])
      #expect(outcome.code == 3, "\(outcome.messages)")
      let report = try BoardRunFaultTests.report(outcome)
      #expect(report.incomplete == "a result could not be written")
      #expect((1..<20).contains(report.results.count) && report.frames == report.results.count)
      let first = try #require(report.failures.first)
      #expect(first.path.hasPrefix("\(output)/slice-") && first.message == Self.reason)
      #expect(outcome.messages.contains("dpu: error: \(first.path): \(Self.reason)\n"))
      #expect(outcome.messages.contains("stopped where a result could not be written; \(report.frames) frame"))
      let named = report.failures.map { String($0.path.prefix { $0 != "." }) }
      let reported = Set(report.results.flatMap { $0.files.values })
      let left = try FileManager.default.contentsOfDirectory(atPath: output).map { "\(output)/\($0)" }
      #expect(reported.isSubset(of: left) && reported.count == 3 * report.results.count)
      for path in left where !reported.contains(path) {
        #expect(!path.hasSuffix(".tmp") && named.contains(String(path.prefix { $0 != "." })), "\(path)")
      }
      for path in reported where path.hasSuffix(".npy") { _ = try LabelMap(contentsOf: path) }
    }
  }

  @Test("label maps of volumes", arguments: [true, false])
  func volumes(isJSON: Bool) throws {
    try TemporaryFolder.with { folder in
      // A label map takes 48.3 KiB, so that one fits.
      let file = SampleVolumes.file(try SampleVolumes.slices(3, of: "pictures"), extents: [128, 128, 3])
      let paths = try ["a.nii", "b.nii", "c.nii"].map { try SampleVolumes.write(file, $0, in: folder) }
      try MemoryDisk.with(kibibytes: 80) { disk in
        let outcome = try BuiltProgram.run(
          ["run", RunTests.model, "-o", disk.path] + paths + (isJSON ? ["--json"] : []))
        #expect(outcome.code == 3)
        let lines = outcome.messages.split(separator: "\n")
        #expect(lines.filter { $0.contains("error") } == ["dpu: error: \(disk.path)/b.nii: \(Self.reason)"])
        #expect(lines.contains("stopped where a result could not be written; 1 volume kept"))
        #expect(lines.contains { $0.hasPrefix("3 frames in ") } || isJSON)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["a.nii"])
        guard isJSON else {
          #expect(outcome.output.hasPrefix("\(paths[0]): 3 slices of 128x128; "))
          #expect(outcome.output.split(separator: "\n").count == 1)
          return
        }
        let report = try BoardRunFaultTests.report(outcome)
        #expect(report.incomplete == "a result could not be written" && report.frames == 3)
        #expect(report.results.map(\.path) == [paths[0]])
        #expect(report.results.map(\.files) == [["labels": "\(disk.path)/a.nii"]])
        #expect(report.failures.map(\.path) == ["\(disk.path)/b.nii"])
      }
    }
  }
}
