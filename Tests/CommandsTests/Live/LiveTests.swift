import CAllocationCounter
import Foundation
import Glibc
import TestSupport
import Testing
import Vision

@Suite struct LiveTests {
  struct Report: Decodable {
    struct Device: Decodable { let kind: String }
    struct Power: Decodable { let reason: String? }
    struct Latency: Decodable {
      let p50: Double?
      let max: Double?
    }
    struct Recorded: Decodable {
      let frames: Int
      let left_out: Int
    }
    let schema: String
    let device: Device
    let source: String
    let frames: Int
    let captured: Int
    let dropped: Int
    let latency_seconds: Latency
    let power: Power
    let classes: [Int]?
    let recorded: Recorded?
    let end: String
    let unusable: Int
    let failures: [RunTests.Report.Failure]
  }

  /// The report: the last line of what is printed with `--json`.
  static func report(_ output: String) throws -> Report {
    let line = try #require(output.split(separator: "\n").last, "a report")
    let report = try JSONDecoder().decode(Report.self, from: Data(line.utf8))
    #expect(report.schema == "dpu.live/1")
    return report
  }

  /// The rows of a record's table behind its head, each split at commas.
  static func rows(_ folder: URL) throws -> [[String]] {
    let text = try String(contentsOf: folder.appendingPathComponent("frames.csv"), encoding: .utf8)
    #expect(text.hasSuffix("\n"), "whole lines")
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(Set(lines.map(\.count)).count == 1, "as many cells in each line")
    return Array(lines.dropFirst())
  }

  @Test("a folder goes through whole and in order, with the labels of dpu run, and all is recorded")
  func folder() throws {
    try TemporaryFolder.with { folder in
      let record = folder.appendingPathComponent("made/record")
      let outcome = try BuiltProgram.run([
        "live", RunTests.model, "--folder", RunTests.pictures, "--record", record.path, "--json", "-q", "--no-power",
      ])
      #expect(outcome.code == 0 && outcome.messages.isEmpty, "\(outcome.messages)")
      let report = try Self.report(outcome.output)
      #expect(report.frames == 20 && report.captured == 20 && report.dropped == 0 && report.unusable == 0)
      #expect(report.device.kind == "software" && report.power.reason == "switched off")
      #expect(report.end == "the source has no more pictures")
      let (p50, longest) = (try #require(report.latency_seconds.p50), try #require(report.latency_seconds.max))
      #expect(p50 > 0 && p50 <= longest)
      let expected = try RunTests.report(BuiltProgram.run(["run", RunTests.model, RunTests.pictures, "--json"])).results
      #expect(report.classes == (0..<5).map { label in expected.reduce(0) { $0 + ($1.pixels?[label] ?? 0) } })
      let rows = try Self.rows(record)
      #expect(rows.map { $0[0] } == (1...20).map(String.init))
      // The table has whole microseconds.
      let slowest = try #require(rows.compactMap { Double($0[3]) }.max())
      #expect(abs(longest - slowest) < 1e-6, "\(longest) s, of the table \(slowest) s")
      #expect(rows.map { $0[1] } == expected.map(\.path))
      #expect(rows.map { $0[4...].compactMap { Int($0) } } == expected.map { $0.pixels ?? [] })
      #expect(report.recorded?.frames == 20 && report.recorded?.left_out == 0)
      let map = try LabelMap(contentsOf: record.appendingPathComponent("frame-000020.labels.png").path)
      #expect(map.pixelCounts(classCount: 5) == expected[19].pixels)
      let overlay = try Picture(contentsOf: record.appendingPathComponent("frame-000020.overlay.png").path)
      #expect(overlay.width == map.width && overlay.layout == .rgb)
      #expect(try FileManager.default.contentsOfDirectory(atPath: record.path).count == 41)
    }
  }

  @Test("says each second how it goes, and at the end what came of it; numbers are drawn in place on a screen")
  func view() throws {
    let options = ["live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "40", "--no-power"]
    let plain = try BuiltProgram.run(options + ["--duration", "2.2"])
    #expect(plain.code == 0)
    let lines = plain.output.split(separator: "\n")
    #expect(lines.count >= 1 && !plain.output.contains("\u{1B}"))
    for words in [" s: ", " frames/s, p50 ", " dropped, power: switched off; background "] {
      #expect(lines.allSatisfy { $0.contains(words) }, "\(words)")
    }
    for words in [
      "device: software (", "source: folder ", " captured, ", "latency (capture to result): p50 ", "--duration",
    ] { #expect(plain.messages.contains(words), "\(words)") }
    let json = try BuiltProgram.run(options + ["--duration", "2.2", "--json", "--frames", "1000000"])
    #expect(json.output.hasPrefix("{\"schema\": \"dpu.statistics/1\""))
    #expect(try Self.report(json.output).end == "--duration is over")
    let screen = try BuiltProgram.run(
      options + ["--frames", "20", "--color=always"], environment: ["TERM": "xterm"], onScreen: true,
      outputOnScreen: true)
    #expect(screen.code == 0)
    for words in [
      "dpu live: phantom-ct.xmodel on software (", "power:    switched off", "background", "\u{1B}[J", "\u{2580}",
    ] {
      #expect(screen.output.contains(words), "\(words)")
    }
    let back = screen.output.components(separatedBy: "A\r\u{1B}[2Kdpu live").dropLast().compactMap { before in
      Int(String(before.reversed().prefix { $0.isNumber }.reversed()))
    }
    #expect(!back.isEmpty && back.allSatisfy { (6...29).contains($0) }, "as many lines back as were shown: \(back)")
  }

  @Test("a broken picture is named and counted, the others run, and the exit code says so")
  func brokenPicture() throws {
    try TemporaryFolder.with { folder in
      for number in 1...3 {
        try FileManager.default.copyItem(
          atPath: "\(RunTests.pictures)/slice-0\(number).png",
          toPath: folder.appendingPathComponent("\(number).png").path)
      }
      try Data("no picture".utf8).write(to: folder.appendingPathComponent("2.png"))
      let outcome = try BuiltProgram.run(["live", RunTests.model, "--folder", folder.path, "--json"])
      #expect(outcome.code == 3)
      let report = try Self.report(outcome.output)
      #expect(report.frames == 2 && report.unusable == 1)
      #expect(report.failures.map(\.path) == [folder.appendingPathComponent("2.png").path])
      #expect(outcome.messages.contains("dpu: error: \(report.failures[0].path): is not a JPEG"))
    }
  }

  @Test(
    "Ctrl-C finishes what is under way and reports, and so does the end of a session",
    arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func interruption(signal: Int32, code: Int32) throws {
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(
        ["live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "30", "--json"], scratch: scratch)
      #expect(program.waits { program.output.contains("\n") })
      program.send(signal)
      #expect(program.code() == code)
      let report = try Self.report(program.output)
      #expect(report.end == "stopped by a signal" && report.frames > 0)
      #expect(program.messages.contains("dpu: error: stopped by a signal; \(report.frames) frame"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/swift-dpu").isEmpty)
    }
  }

  @Test("a session's end that is told twice is one, and for nohup it is none")
  func hangup() throws {
    let arguments = ["live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "30", "--json"]
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(arguments, scratch: scratch)
      #expect(program.waits { program.output.contains("\n") })
      for _ in 0..<2 { program.send(SIGHUP) }
      #expect(program.code() == 129)
      #expect(try Self.report(program.output).end == "stopped by a signal")
    }
    let outcome = try BuiltProgram.run(
      arguments + ["--duration", "4"], signal: (SIGHUP, 2), launcher: ["/usr/bin/nohup"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    #expect(try Self.report(outcome.output).end == "--duration is over")
  }

  @Test("a second Ctrl-C ends at once, whatever is in the way")
  func secondInterruption() throws {
    try TemporaryFolder.with { scratch in
      // A pipe that nobody empties: the first line that is printed never comes to its end.
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
      let filling = [UInt8](repeating: 46, count: 4096)
      while write(ends[1], filling, filling.count) > 0 {}
      while write(ends[1], filling, 1) > 0 {}
      _ = fcntl(ends[1], F_SETFL, 0)
      let program = try StartedProgram(
        ["live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "30", "-v"], scratch: scratch,
        standardOutput: ends[1])
      defer { close(ends[0]) }
      #expect(program.waits { program.messages.contains("source: folder") })
      sleep(2)
      program.send(SIGINT)
      usleep(500_000)
      #expect(kill(program.number, 0) == 0, "it waits for its output")
      program.send(SIGINT)
      #expect(program.code() == 130)
      #expect(!program.messages.contains("ended:") && !program.messages.contains("end-to-end"))
    }
  }

  @Test("does not mix a recording with an earlier one", arguments: ["frames.csv", "frame-000001.labels.png"])
  func earlierRecording(left: String) throws {
    try TemporaryFolder.with { folder in
      let arguments = ["live", RunTests.model, "--folder", RunTests.pictures, "--record", folder.path, "-q"]
      try Data("text".utf8).write(to: folder.appendingPathComponent("notes.txt"))
      #expect(try BuiltProgram.run(arguments).code == 0, "other files are in nobody's way")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name != left {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
      let before = try Data(contentsOf: folder.appendingPathComponent(left))
      let outcome = try BuiltProgram.run(arguments)
      #expect(outcome.code == 3 && outcome.messages.split(separator: "\n").count == 1)
      #expect(
        outcome.messages.contains("\(folder.path): holds an earlier recording (\(left))")
          && outcome.messages.contains("name another folder, or remove its frames.csv and frame-* files"),
        "\(outcome.messages)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [left])
      #expect(try Data(contentsOf: folder.appendingPathComponent(left)) == before)
    }
  }

  static let refusals: [([String], String)] = [
    ([], "needs one of --camera, --source, --file and --folder"),
    (["--folder", "a", "--camera", "b"], "needs one of"),
    (["--camera", "/dev/video0", "--loop"], "option '--loop' goes with --folder, not with --camera"),
    (["--source", "a", "--rate", "3"], "option '--rate' goes with --file and --folder"),
    (["--folder", "a", "--size", "1x1"], "option '--size' goes with"),
    (["--source", "a", "--size", "640"], "needs WIDTHxHEIGHT"),
    (["--source", "a", "--size", "0x5"], "needs WIDTHxHEIGHT"),
    (["--source", "a", "--frames", "0"], "'--frames' needs"),
    (["--source", "a \"b"], "double quote that does not end"),
    (["--camera", "/dev/no-such-camera"], "there is no such camera"), (["--file", "/no/such.mp4"], "no such file"),
    (["--folder", "/no/such"], "no such folder"), (["--folder", "scripts"], "holds no JPEG or PNG"),
  ]

  @Test("refuses in one line what makes no sense", arguments: refusals)
  func usage(options: [String], words: String) throws {
    let outcome = try BuiltProgram.run(["live", RunTests.model, "-q"] + options)
    #expect([2, 3, 4].contains(outcome.code))
    #expect(outcome.messages.contains(words), "\(outcome.messages)")
    #expect(outcome.messages.split(separator: "\n").count == 1)
  }

  @Test("says that a model needs a card")
  func noCard() throws {
    let outcome = try BuiltProgram.run(["live", "sample/compiled/b1024.xmodel", "--folder", RunTests.pictures])
    #expect(outcome.code == 3 && outcome.messages.contains("live needs a card"))
  }

  @Test("says what to install where GStreamer is missing")
  func noGStreamer() throws {
    let outcome = try BuiltProgram.run(
      ["live", RunTests.model, "--source", "videotestsrc", "-q"], environment: ["PATH": "/nowhere"])
    #expect(outcome.code == 3)
    #expect(outcome.messages.contains("apt-get install gstreamer1.0-tools"))
  }
}

/// What a frame of a source costs in memory, from the pipe or the file to the histogram: nothing, on no thread of the program.
@Suite(
  .enabled(if: GStreamer.isTested, Comment(rawValue: GStreamer.absence)),
  .enabled(if: allocation_counter_works(), "malloc is not counted here"))
struct LiveSteadyStateTests {
  @Test("more pictures allocate no more, whatever their size", arguments: ["256x256", "320x200", "250x100"])
  func segmentation(size: String) throws { try check(RunTests.model, size: size) }

  @Test(
    "nor do those that are classified",
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
  func classification() throws { try check(Shared.url("models/nerone/bccd.xmodel").path, size: "160x120") }

  @Test("nor do PNG files")
  func folder() throws { try check(RunTests.model, ["--folder", RunTests.pictures, "--loop"]) }

  private func check(_ model: String, size: String) throws {
    try check(model, ["--source", "videotestsrc", "--size", size])
  }

  private func check(_ model: String, _ source: [String]) throws {
    func count(_ frames: Int) throws -> Int {
      try AllocationReport(running: ["live", model, "--frames", "\(frames)", "-q"] + source).total
    }
    let (few, many) = (try count(50), try count(350))
    // What is made once may be made a few times more or less: memory for frames that wait, lists that grow.
    #expect(abs(many - few) < 60, "\(few) for 50 frames, \(many) for 350")
  }
}

@Suite(.enabled(if: GStreamer.isTested, Comment(rawValue: GStreamer.absence)))
struct LiveStreamTests {
  @Test("runs a pipeline to its end, whatever the width of its rows", arguments: ["250x200", "640x480", "1x1"])
  func pipeline(size: String) throws {
    let outcome = try BuiltProgram.run([
      "live", RunTests.model, "--source", "videotestsrc num-buffers=2 pattern=colors", "--size", size, "--json", "-q",
    ])
    #expect(outcome.code == 0, "\(outcome.messages)")
    let report = try LiveTests.report(outcome.output)
    #expect(report.captured == 2 && report.frames + report.dropped == 2 && report.frames > 0)
    let sides = size.split(separator: "x").compactMap { Int($0) }
    #expect(report.classes?.reduce(0, +) == report.frames * sides[0] * sides[1])
  }

  @Test("under overload the oldest pictures are left out and counted, and the newest still come out")
  func overload() throws {
    try TemporaryFolder.with { folder in
      let outcome = try BuiltProgram.run([
        "live", RunTests.model, "--source", "videotestsrc num-buffers=1500", "--size", "64x48", "-t", "1", "--json",
        "-q",
        "--record", folder.path,
      ])
      #expect(outcome.code == 0)
      let report = try LiveTests.report(outcome.output)
      #expect(report.captured == 1500 && report.dropped > 0 && report.frames + report.dropped == 1500)
      let recorded = try #require(report.recorded)
      #expect(recorded.frames + recorded.left_out == report.frames)
      let numbers = try LiveTests.rows(folder).compactMap { Int($0[0]) }
      #expect(numbers == numbers.sorted() && Set(numbers).count == recorded.frames)
    }
  }

  @Test(
    "runs all pictures of a video file, and refuses what is none",
    .enabled(if: GStreamer.hasVideoFiles, Comment(rawValue: GStreamer.videoAbsence)))
  func videoFile() throws {
    let gstreamer = try #require(GStreamer.program)
    try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("a \"b\".avi").path
      let pipeline =
        "videotestsrc num-buffers=12 ! video/x-raw,width=128,height=96,framerate=25/1 ! jpegenc ! avimux ! filesink"
      let words = ["-q"] + pipeline.split(separator: " ").map(String.init)
      let escaped = file.replacingOccurrences(of: "\"", with: "\\\"")
      let made = try gstreamer.run(words + ["location=\"\(escaped)\""], in: folder)
      try #require(made.code == 0, "\(made.text)")
      for pace in [[], ["--rate", "50"]] {
        let outcome = try BuiltProgram.run(
          ["live", RunTests.model, "--file", file, "--size", "128x96", "--json", "-q"] + pace)
        #expect(outcome.code == 0, "\(outcome.messages)")
        let report = try LiveTests.report(outcome.output)
        #expect(report.captured == 12 && report.frames + report.dropped == 12 && report.frames > 0)
        // A file without a rate waits for the model.
        if pace.isEmpty { #expect(report.dropped == 0) }
        #expect(report.classes?.reduce(0, +) == report.frames * 128 * 96)
        #expect(report.source == "video file \(file)" && report.end == "the source has no more pictures")
      }
      try Data("no video".utf8).write(to: URL(fileURLWithPath: file))
      let refused = try BuiltProgram.run(["live", RunTests.model, "--file", file, "--stall", "5", "-q"])
      #expect(
        refused.code == 3 && refused.messages.contains("Could not determine type of stream"), "\(refused.messages)")
    }
  }

  @Test("a pipeline that breaks off ends the run with its words, and what was done is kept")
  func breakingOff() throws {
    try TemporaryFolder.with { folder in
      let outcome = try BuiltProgram.run([
        "live", RunTests.model, "--source", "videotestsrc is-live=true ! identity error-after=6", "--json", "--record",
        folder.path,
      ])
      #expect(outcome.code == 3)
      let report = try LiveTests.report(outcome.output)
      #expect(report.captured == 5 && report.frames + report.dropped == 5 && report.frames > 0)
      #expect(report.end.contains("broke off (exit code ") && report.end.contains("ERROR: from element"))
      #expect(outcome.messages.contains("dpu: error: GStreamer: videotestsrc is-live=true"))
      #expect(try LiveTests.rows(folder).count == report.recorded?.frames)
    }
  }

  @Test("a pipeline that stalls ends the run")
  func stalling() throws {
    let outcome = try BuiltProgram.run([
      "live", RunTests.model, "--source", "videotestsrc ! identity sleep-time=600000000", "--stall", "0.5", "--json",
    ])
    #expect(outcome.code == 3)
    #expect(try LiveTests.report(outcome.output).end.contains("gave no picture at all for 0.5 seconds"))
  }

  @Test("a full disk ends the run, and what was recorded is whole", .enabled(if: SmallDisk.isThere, SmallDisk.absence))
  func fullDisk() throws {
    try TemporaryFolder.with { scratch in
      let result = try SmallDisk.run(
        ["live", RunTests.model, "--source", "videotestsrc is-live=true", "--json", "-q", "--record"], in: scratch)
      #expect(result.code == 3, "\(result.text)")
      let report = try LiveTests.report(result.text)
      #expect(report.end.contains("cannot write the file: No space left on device"), "\(report.end)")
      let kept = scratch.appendingPathComponent("kept")
      let rows = try LiveTests.rows(kept)
      #expect(rows.count > 0 && rows.count == report.recorded?.frames && report.frames >= rows.count)
      for row in rows {
        let name = "frame-" + String(repeating: "0", count: 6 - row[0].count) + row[0]
        for ending in ["labels", "overlay"] {
          let picture = try Picture(contentsOf: kept.appendingPathComponent("\(name).\(ending).png").path)
          #expect(picture.width == 640)
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: kept.path).allSatisfy { !$0.hasSuffix(".tmp") })
    }
  }

  static let deaths: [([Int32], Int32)] = [
    ([SIGINT], 130), ([SIGINT, SIGINT], 130), ([SIGHUP], 129), ([SIGTERM], 143), ([SIGKILL], 137),
  ]

  @Test("however the program ends, no pipeline is left behind", arguments: deaths)
  func noOrphans(signals: [Int32], code: Int32) throws {
    try TemporaryFolder.with { scratch in
      let mark = "dpu-test-\(UUID().uuidString)"
      // Pictures come once in ten minutes: the pipeline itself would not notice that nobody reads any more.
      let program = try StartedProgram(
        [
          "live", RunTests.model, "--source", "videotestsrc ! identity name=\(mark) sleep-time=600000000", "--stall",
          "600",
        ],
        scratch: scratch)
      #expect(program.waits { Self.isRunning(mark, but: program.number) })
      for signal in signals { program.send(signal) }
      #expect(program.code() == code)
      // Nobody is there to do it before a killed program is dead: another process does it, as soon as it runs.
      let deadline = Date(timeIntervalSinceNow: 20)
      while code == 137, Date() < deadline, Self.isRunning(mark, but: program.number) { usleep(10_000) }
      #expect(!Self.isRunning(mark, but: program.number))
    }
  }

  /// Whether a process has a word in its command line.
  private static func isRunning(_ mark: String, but own: Int32) -> Bool {
    let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    return numbers.contains { number in
      guard number != own, let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(number)/cmdline")) else {
        return false
      }
      return line.range(of: Data(mark.utf8)) != nil
    }
  }
}

/// Runs of the program with a disk that is soon full: a file system in memory, in a mount namespace of its own.
enum SmallDisk {
  static let absence: Comment = "needs unshare and user namespaces, for a small file system of its own"
  /// Whether such a disk can be made, or has to be.
  static let isThere: Bool = {
    let made = try? TemporaryFolder.with { try enter(["mount", "-t", "tmpfs", "tmpfs", "/mnt"], in: $0).code }
    return made == 0 || OutsideProgram.areExpected
  }()

  /// Runs the program with the disk's folder as its last argument; what lies on the disk then is copied into `kept`.
  static func run(_ arguments: [String], in scratch: URL) throws -> (text: String, code: Int32) {
    let script = """
      mount -t tmpfs -o size=200k tmpfs /mnt || exit 99
      cd "$1"; kept=$2; shift 2
      "$@" /mnt/record 2>"$kept.messages"; code=$?
      cp -r /mnt/record "$kept"; exit $code
      """
    return try enter(
      [
        "sh", "-c", script, "sh", Repository.root.path, scratch.appendingPathComponent("kept").path,
        BuiltProgram.url.path,
      ] + arguments, in: scratch)
  }

  private static func enter(_ words: [String], in scratch: URL) throws -> (text: String, code: Int32) {
    guard let unshare = OutsideProgram("/usr/bin/unshare") else { return ("", 1) }
    return try unshare.run(["--user", "--map-root-user", "--mount"] + words, in: scratch)
  }
}
