import CAllocationCounter
import Foundation
import Tensors
import TestSupport
import Testing
import Vision

/// What a frame of `dpu run` costs in memory, from opening its file to the result written and said: nothing, on no thread
/// of the program and in none of its libraries.
@Suite(
  .enabled(if: allocation_counter_works(), "malloc is not counted here"),
  .enabled(if: !Repository.isEmulated, "under the emulator no program starts with the counter"))
struct RunSteadyStateTests {
  /// Frames that are looked at, behind as many that may still find something for the first time.
  static let frameCount = 400
  /// Windows of ten frames each: so short that what happens once spoils only one or two.
  static let windowCount = 40

  @Test(
    "PNG files of one size become label maps and overlays, whatever the size and the colours",
    arguments: [nil, (301, 200, false), (90, 250, true)] as [(Int, Int, Bool)?])
  func pictures(form: (width: Int, height: Int, isColoured: Bool)?) throws {
    try TemporaryFolder.with { folder in
      var picture = try Picture(contentsOf: "\(RunTests.pictures)/slice-02.png")
      if let form { picture = picture.resized(width: form.width, height: form.height) }
      if form?.isColoured == true {
        picture = Picture(
          width: picture.width, height: picture.height, layout: .rgb, samples: picture.samples.flatMap { [$0, $0, $0] })
      }
      try check([], writing: 3, in: folder) { try picture.writePNG(to: $0 + ".png") }
    }
  }

  @Test("so do arrays, and those whose output is wanted as it is", arguments: [([], 3), (["--tensors"], 1)])
  func arrays(options: [String], fileCount: Int) throws {
    try TemporaryFolder.with { folder in
      let picture = try Picture(contentsOf: "\(RunTests.pictures)/slice-02.png")
      let array = NumpyArray(shape: Shape([picture.height, picture.width, 1]), uint8: picture.samples)
      try check(options, writing: fileCount, in: folder) { try array.write(to: $0 + ".npy") }
    }
  }

  @Test("nor does a frame that is classified", .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
  func classification() throws {
    try TemporaryFolder.with { folder in
      func count(_ frameCount: Int) throws -> Int {
        let path = folder.appendingPathComponent("\(frameCount).npy").path
        let samples = (0..<frameCount * 60 * 80 * 3).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try NumpyArray(shape: Shape([frameCount, 60, 80, 3]), uint8: samples).write(to: path)
        return try AllocationReport(
          running: ["run", Shared.url("models/nerone/bccd.xmodel").path, path, "-q", "--no-power", "--in-flight", "1"]
        ).total
      }
      let (few, many) = (try count(50), try count(350))
      #expect(abs(many - few) < 150, "\(few) for 50 frames, \(many) for 350")
    }
  }

  /// Runs many files that are the same.
  ///
  /// - Parameters:
  ///   - fileCount: The files written for each frame.
  ///   - write: Writes the file, at a path without ending.
  private func check(
    _ options: [String], writing fileCount: Int, in folder: URL, _ write: (String) throws -> Void
  ) throws {
    let inputs = folder.appendingPathComponent("inputs")
    try FileManager.default.createDirectory(at: inputs, withIntermediateDirectories: true)
    let first = inputs.appendingPathComponent("frame-0")
    try write(first.path)
    let file = try #require(
      try FileManager.default.contentsOfDirectory(atPath: inputs.path).first { $0.hasPrefix("frame-0.") })
    for number in 1..<2 * Self.frameCount {
      let name = file.replacingOccurrences(of: "frame-0", with: "frame-\(number)")
      try FileManager.default.linkItem(at: inputs.appendingPathComponent(file), to: inputs.appendingPathComponent(name))
    }
    // A search for the best number of jobs under way makes buffers whenever it tries more.
    let fixed = ["-q", "--no-power", "--in-flight", "4"]
    let counts = try AllocationReport(
      running: ["run", RunTests.model, inputs.path, "-o", folder.appendingPathComponent("out").path] + fixed + options
    ).atRenames
    try #require(counts.count == 2 * Self.frameCount * fileCount)
    // A thread that has had nothing to do so far takes its memory when it first has, up to some 50 times at once, and a job
    // that was not needed so far when it first is; in the last window the run comes to its end. Beside builds most runs
    // took memory in one or two windows of the 40, the worst in 10.
    let start = counts.count / 2
    let length = start / Self.windowCount
    let ends = (0...Self.windowCount).map { counts[min(start + $0 * length, counts.count - 1)] }
    let taken = zip(ends, ends.dropFirst()).map { $1 - $0 }
    #expect(taken.count { $0 > 0 } <= Self.windowCount * 2 / 5, "in windows of ten frames: \(taken)")
    #expect(taken.reduce(0, +) < Self.frameCount / 2, "in windows of ten frames: \(taken)")
  }
}
