import Foundation
import Glibc
import TestSupport
import Tensors
import Testing
import Vision
import XModel

/// `dpu run` on a device whose jobs only take time, which shows what the pipeline does around them.
@Suite struct PacedRunTests {
  static let model = Repository.root.appendingPathComponent("sample/compiled/b1024.xmodel").path

  /// Writes arrays of the model's input shape.
  static func inputs(_ count: Int, frames: Int = 1, in folder: URL) throws -> [String] {
    let file = try Model(path: model)
    let shape = file.graph.operations[try #require(file.inputs.first)].output.shape
    return try (0..<count).map { number in
      let extents = [frames] + shape.dimensions.dropFirst()
      let array = NumpyArray(
        shape: Shape(extents),
        int8: [Int8](repeating: Int8(truncatingIfNeeded: number), count: Shape(extents).elementCount))
      return try RunTests.write(array, "frame-\(1000 + number).npy", in: folder)
    }
  }

  @Test("says on the standard output that no DPU ran, and where the time of a job comes from")
  func named() throws {
    try TemporaryFolder.with { folder in
      let input = try Self.inputs(1, in: folder)
      let outcome = try BuiltProgram.run(["run", Self.model, "-d", "paced", "--tensors", "-q"] + input)
      #expect(outcome.code == 0, "\(outcome.messages)")
      #expect(outcome.output.hasPrefix("device: paced (no DPU)\n"))
      let told = try BuiltProgram.run(["run", Self.model, "-d", "paced", "--tensors"] + input)
      #expect(told.messages.contains("(predicted for ZCU104 at 300 MHz)"))
      let given = try BuiltProgram.run(["run", Self.model, "-d", "paced", "--paced-ms", "2.5", "--tensors"] + input)
      #expect(given.messages.contains(" 2.500 ms for the DPU subgraph of a frame (as given)"))
      let json = try BuiltProgram.run(["run", Self.model, "-d", "paced", "--tensors", "--json"] + input)
      #expect(try RunTests.report(json).device.kind == "paced")
    }
  }

  @Test("is refused where something is to be computed", arguments: ["evaluate", "digest", "verify"])
  func refused(command: String) throws {
    let outcome = try BuiltProgram.run([command, Self.model, Self.model, "-d", "paced"])
    #expect(outcome.code == 2 && outcome.messages.contains("not 'paced'"))
  }

  @Test("is refused for volumes, whose label maps would look like results", arguments: [[], ["--paced-ms", "1"]])
  func volumes(options: [String]) throws {
    try TemporaryFolder.with { folder in
      let volume = SampleVolumes.file([UInt8](repeating: 7, count: 64), extents: [8, 8])
      let path = try SampleVolumes.write(volume, "ct.nii", in: folder)
      let output = folder.appendingPathComponent("l.nii.gz").path
      let outcome = try BuiltProgram.run(["run", Self.model, path, "-d", "paced", "-o", output] + options)
      #expect(outcome.code == 2 && outcome.output.isEmpty)
      #expect(
        outcome.messages
          == "dpu: error: run: option '--device paced' is not for volumes: it computes nothing, and their label maps would look "
          + "like results; give another device\n")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  @Test("a time is for the paced device, and a model without instructions has none")
  func usage() throws {
    let other = try BuiltProgram.run(["run", Self.model, "x.npy", "-d", "software", "--paced-ms", "1"])
    #expect(other.code == 2 && other.messages.contains("is for --device paced, not for software"))
    let sample = try BuiltProgram.run(["run", RunTests.model, RunTests.pictures, "-d", "paced"])
    #expect(sample.code == 3 && sample.messages.contains("instructions"))
  }

  @Test(
    "a damaged file in the middle of many is named and skipped, whatever the frames in flight",
    arguments: [["--cores", "2"], ["--cores", "1", "--in-flight", "1"], ["--cores", "3", "--in-flight", "24"]])
  func damaged(options: [String]) throws {
    try TemporaryFolder.with { folder in
      var inputs = try Self.inputs(60, in: folder)
      let bad = folder.appendingPathComponent("bad.npy").path
      try Data("not an array".utf8).write(to: URL(fileURLWithPath: bad))
      inputs.insert(bad, at: 31)
      let outcome = try BuiltProgram.run(
        ["run", Self.model, "-d", "paced", "--paced-ms", "0.2", "--tensors", "--json"] + options + inputs)
      #expect(outcome.code == 3)
      let report = try RunTests.report(outcome)
      #expect(report.results.map(\.path) == inputs.filter { $0 != bad })
      #expect(report.failures.map(\.path) == [bad])
      #expect(outcome.messages.contains("dpu: error: \(bad): "))
      #expect(outcome.messages.contains("\n1 input skipped, named above\n"))
    }
  }

  @Test("frames of arrays keep their order beside files of one frame")
  func arrays() throws {
    try TemporaryFolder.with { folder in
      let single = try Self.inputs(3, in: folder)
      let sub = folder.appendingPathComponent("many")
      try FileManager.default.createDirectory(at: sub, withIntermediateDirectories: true)
      let many = try Self.inputs(2, frames: 7, in: sub)
      let inputs = [single[0], many[0], single[1], many[1], single[2]]
      let outcome = try BuiltProgram.run(
        ["run", Self.model, "-d", "paced", "--paced-ms", "0.5", "--cores", "2", "--tensors", "--json"] + inputs)
      let report = try RunTests.report(outcome)
      let expected = inputs.flatMap { path in many.contains(path) ? (0..<7).map { (path, $0) } : [(path, 0)] }
      #expect(report.results.map(\.path) == expected.map(\.0) && report.results.map(\.frame) == expected.map(\.1))
    }
  }

  @Test(
    "a result that can't be written ends the run; what was written is kept and reported",
    .disabled(if: Sanitizer.isInUse, "a sanitizer needs files larger than the limit that stands for a full disk"))
  func fullDisk() throws {
    try TemporaryFolder.with { folder in
      let output = folder.appendingPathComponent("out").path
      let big = folder.appendingPathComponent("big.png").path
      try Picture(contentsOf: "\(RunTests.pictures)/slice-02.png").resized(width: 900, height: 900).writePNG(to: big)
      let small = (1...6).map { "\(RunTests.pictures)/slice-0\($0).png" }
      // Files of more than 200 blocks of 512 bytes can't be written: the big label map can't.
      let outcome = try BuiltProgram.run(
        ["run", RunTests.model, "--json", "-o", output] + small + [big]
          + [[String]](repeating: small, count: 20).joined(),
        launcher: ["/bin/sh", "-c", "ulimit -f 200; exec \"$0\" \"$@\""])
      #expect(outcome.code == 3)
      let lines = outcome.messages.split(separator: "\n").filter { $0.contains("error") }
      #expect(lines.count == 1, "\(outcome.messages)")
      #expect(try #require(lines.first).contains("\(output)/big.labels.npy: cannot write the file: File too large"))
      let report = try RunTests.report(outcome)
      // What is under way by then comes out too.
      #expect(Array(report.results.map(\.path).prefix(6)) == small && report.results.count < 126)
      for result in report.results {
        for path in result.files.values { #expect(FileManager.default.fileExists(atPath: path)) }
      }
      #expect(report.failures.map(\.path) == ["\(output)/big.labels.npy"])
      let left = try FileManager.default.contentsOfDirectory(atPath: output)
      #expect(!left.contains { $0.hasSuffix(".tmp") } && left.count >= 18)
    }
  }

  @Test("label maps are written without overlays where none are wanted")
  func noOverlay() throws {
    try TemporaryFolder.with { folder in
      let input = "\(RunTests.pictures)/slice-02.png"
      #expect(try BuiltProgram.run(["run", RunTests.model, input, "-o", folder.path, "--no-overlay"]).code == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["slice-02.labels.npy", "slice-02.labels.png"])
    }
  }

  @Test("a first signal lets what is in flight finish and be reported; a second one ends the program at once")
  func twoSignals() throws {
    try TemporaryFolder.with { folder in
      let inputs = try Self.inputs(12, in: folder)
      // Frames of 20 s each: a first signal alone would end the run much later.
      let slow = ["run", Self.model, "-d", "paced", "--paced-ms", "20000", "--tensors", "-q"] + inputs
      let killed = try BuiltProgram.run(slow, signals: [(SIGINT, 1), (SIGINT, 0.5)])
      #expect(killed.code == 128 + SIGINT)
      let quick = ["run", Self.model, "-d", "paced", "--paced-ms", "100", "--in-flight", "2", "--tensors", "--json"]
      let many = quick + [[String]](repeating: inputs, count: 100).joined()
      let outcome = try BuiltProgram.run(many, signals: [(SIGINT, Repository.isEmulated ? 30 : 4)])
      #expect(outcome.code == 130)
      let report = try RunTests.report(outcome)
      #expect(report.frames == report.results.count && report.frames > 0 && report.frames < 1200)
    }
  }

  @Test("a second signal leaves whole results only, and what it may leave beside them does not disturb the next run")
  func filesAfterTwoSignals() throws {
    try TemporaryFolder.with { folder in
      let inputs = folder.appendingPathComponent("inputs")
      let output = folder.appendingPathComponent("out")
      for place in [inputs, output] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      }
      _ = try Self.inputs(4, frames: 100, in: inputs)
      let run = ["run", Self.model, "-d", "paced", "--tensors", "-q", "-o", output.path, inputs.path, "--paced-ms"]
      // Frames that take longer than the second signal: the first alone would have let them end.
      let start = Repository.isEmulated ? 30.0 : 4
      let slow = run + ["100", "--cores", "1", "--in-flight", "8"]
      let killed = try BuiltProgram.run(slow, signals: [(SIGINT, start), (SIGINT, 0.05)])
      #expect(killed.code == 128 + SIGINT)
      let left = try FileManager.default.contentsOfDirectory(atPath: output.path)
      #expect(!left.isEmpty && left.count < 400)
      for name in left where !name.hasSuffix(".tmp") {
        let result = try NumpyArray(contentsOf: output.appendingPathComponent(name).path)
        #expect(result.shape.elementCount > 0, "\(name)")
      }
      // What a program that is stopped while it writes leaves: half of a result under a name of its own.
      let half = "frame-1000.000.output.npy.1.2.tmp"
      for place in [inputs, output] {
        try Data("half".utf8).write(to: place.appendingPathComponent(half))
      }
      let next = try BuiltProgram.run(run + ["0.1"])
      #expect(next.code == 0, "\(next.messages)")
      let results = try FileManager.default.contentsOfDirectory(atPath: output.path)
      #expect(results.count { $0.hasSuffix(".output.npy") } == 400, "\(results.sorted())")
      #expect(Set(results.filter { $0.hasSuffix(".tmp") }) == Set(left.filter { $0.hasSuffix(".tmp") } + [half]))
    }
  }
}
