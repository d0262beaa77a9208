import Foundation
import TestSupport
import Tensors
import Testing
import Vision

/// `dpu bench --compare`: two reports are compared only where they measured the same.
@Suite struct BenchComparisonTests {
  /// A model whose jobs take a millisecond, so that rates don't hang on this machine.
  static let paced = [PacedRunTests.model, "-d", "paced", "--paced-ms", "1", "--tensors"]
  static let brief = ["--duration", "0.15", "--warm-up", "0.02"]

  /// What the tests read of a comparison.
  struct Report: Decodable {
    struct Phase: Decodable {
      struct Stability: Decodable { let verdict: String }
      let phase: String
      let stability: Stability
    }
    struct Comparison: Decodable {
      struct Row: Decodable {
        let phase: String
        let verdict: String
        let median_ratio: Double?
        let doubts: [String]
      }
      let method: String
      let phases: [Row]
      let remarks: [String]

      /// The phases that were left out, with what is said of each.
      var leftOut: [String: String] {
        let words = remarks.compactMap { remark -> (String, String)? in
          let parts = remark.components(separatedBy: ": not compared, ")
          return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        return Dictionary(words) { $0 + $1 }
      }
    }
    let phases: [Phase]
    let comparison: Comparison?
  }

  /// Measures and keeps the report in a file.
  static func keep(_ arguments: [String], in folder: URL) throws -> String {
    let path = folder.appendingPathComponent("old-\(UUID().uuidString).json").path
    let outcome = try BuiltProgram.run(["bench"] + arguments + brief + ["--json"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    try Data(outcome.output.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Measures again and compares.
  static func compare(_ arguments: [String], with path: String) throws -> Report {
    let outcome = try BuiltProgram.run(["bench"] + arguments + brief + ["--json", "--compare", path])
    #expect(outcome.code == 0, "\(outcome.messages)")
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  /// Changes each phase of a kept report.
  static func change(_ path: String, _ change: (inout [String: Any]) -> Void) throws {
    let url = URL(fileURLWithPath: path)
    var report = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    var phases = try #require(report["phases"] as? [[String: Any]])
    for index in phases.indices { change(&phases[index]) }
    report["phases"] = phases
    try JSONSerialization.data(withJSONObject: report).write(to: url)
  }

  @Test("compares all phases with a run of the same, and says how")
  func same() throws {
    try TemporaryFolder.with { folder in
      let old = try Self.keep([RunTests.model, "-t", "1"], in: folder)
      let arguments = ["bench", RunTests.model, "-t", "1", "--compare", old] + Self.brief
      let outcome = try BuiltProgram.run(arguments + ["--json"])
      try JSONPageTests.compare(outcome.output)
      let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
      let comparison = try #require(report.comparison)
      #expect(comparison.phases.map(\.phase) == ["device-only", "end-to-end", "latency"])
      #expect(comparison.leftOut.isEmpty && comparison.remarks.count == 1)
      let text = try BuiltProgram.run(arguments)
      #expect(text.output.contains("window k of this run is paired with window k of the old one"))
      #expect(text.output.contains("with the same program"))
    }
  }

  @Test(
    "a run of twice the rate of the old one is faster, of half the rate slower; neither where one was not stable",
    arguments: [(0.5, "faster"), (2, "slower")], ["stable", "not stable"])
  func verdicts(change: (factor: Double, verdict: String), old: String) throws {
    try TemporaryFolder.with { folder in
      let path = try Self.keep(Self.paced, in: folder)
      try Self.change(path) { phase in
        phase["window_rates"] = (phase["window_rates"] as? [Double])?.map { $0 * change.factor }
        phase["stability"] = ["verdict": old]
      }
      let report = try Self.compare(Self.paced, with: path)
      let rows = try #require(report.comparison).phases
      #expect(rows.count == 3)
      for (row, phase) in zip(rows, report.phases) {
        let now = phase.stability.verdict
        if now == "too short to say" {
          #expect(row.verdict == "too few windows to say", "\(row)")
        } else {
          let isSteady = old == "stable" && now == "stable"
          #expect(row.verdict == (isSteady ? change.verdict : "not stable, so neither faster nor slower"), "\(row)")
        }
        #expect(row.doubts.contains("the old run was not stable") == (old == "not stable"))
        #expect(row.doubts.contains("this run is \(now)") == (now != "stable"))
      }
    }
  }

  @Test("leaves out and names what ran other files or another frame; names of files don't matter, contents do")
  func otherFiles() throws {
    try TemporaryFolder.with { folder in
      let sets = try ["a", "b", "c"].map { name in
        let set = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: set, withIntermediateDirectories: true)
        return set
      }
      let first = try PacedRunTests.inputs(3, in: sets[0])
      let others = Array(try PacedRunTests.inputs(6, in: sets[1]).suffix(3))
      let old = try Self.keep(Self.paced + first, in: folder)
      let other = try #require(try Self.compare(Self.paced + others, with: old).comparison)
      #expect(other.phases.isEmpty && other.leftOut.count == 3, "\(other.remarks)")
      for phase in ["device-only", "latency"] {
        let words = try #require(other.leftOut[phase])
        #expect(words.contains("measured otherwise: frame: in memory, decoded from \(first[0]), sha256 "))
        #expect(words.contains(", now in memory, decoded from \(others[0]), sha256 "))
      }
      let files = try #require(other.leftOut["end-to-end"])
      #expect(files.contains("files: 3, sha256 ") && files.contains(", now 3, sha256 "))
      let moved = try first.map { path in
        let copy = sets[2].appendingPathComponent("copy-of-" + URL(fileURLWithPath: path).lastPathComponent).path
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        return copy
      }
      let same = try #require(try Self.compare(Self.paced + moved, with: old).comparison)
      #expect(same.phases.count == 3 && same.leftOut.isEmpty, "\(same.remarks)")
      // The frame in memory is the same; end to end, one run took files and the other none.
      let none = try #require(try Self.compare(Self.paced + [moved[0]], with: old).comparison)
      #expect(none.phases.map(\.phase) == ["device-only", "latency"])
      #expect(none.leftOut["end-to-end"]?.contains("files: 3, sha256 ") == true)
    }
  }

  @Test("leaves out and names what ran on another number of cores, or made something else of it")
  func otherSettings() throws {
    try TemporaryFolder.with { folder in
      let old = try Self.keep(Self.paced, in: folder)
      let cores = try #require(try Self.compare(Self.paced + ["--cores", "2"], with: old).comparison)
      #expect(cores.phases.isEmpty && cores.leftOut.count == 3)
      #expect(cores.leftOut.values.allSatisfy { $0.contains("cores: 1, now 2") })
      let threads = try #require(try Self.compare(Self.paced + ["-t", "7"], with: old).comparison)
      #expect(threads.leftOut.count == 3 && threads.leftOut["latency"]?.hasSuffix(", now 7") == true)
      let picture = "\(RunTests.pictures)/slice-02.png"
      let output = folder.appendingPathComponent("out").path
      let written = [RunTests.model, picture, "-t", "1", "-o", output]
      let kept = try Self.keep(written, in: folder)
      let plain = try #require(try Self.compare(written + ["--no-overlay"], with: kept).comparison)
      #expect(plain.phases.map(\.phase) == ["device-only", "latency"])
      #expect(plain.leftOut["end-to-end"]?.contains("written: label maps and overlays, now label maps") == true)
      let tensors = try #require(try Self.compare(written + ["--tensors"], with: kept).comparison)
      #expect(tensors.phases.isEmpty)
      #expect(tensors.leftOut["device-only"]?.contains("made of the outputs: segmentation, now tensors") == true)
      let rounded = try #require(try Self.compare(written + ["--rounding", "vart"], with: kept).comparison)
      #expect(rounded.phases.map(\.phase) == ["device-only"])
      #expect(rounded.leftOut["latency"]?.contains("preparation: ") == true)
    }
  }

  /// A change of a kept report's end-to-end phase, as text of JSON, and what is said of it.
  static let oddities: [(member: String, value: String, words: String)] = [
    ("window_rates", "[]", "`phases[1].window_rates` is empty, expected the rates of windows of "),
    ("window_rates", "[100, -5, 100]", "`phases[1].window_rates[1]` is -5.0, expected frames/s above 0"),
    ("window_rates", "[0, 100]", "`phases[1].window_rates[0]` is 0.0, expected frames/s above 0"),
    ("window_rates", "[100, 100, 2e-300]", "`phases[1].window_rates[2]` is 2e-300, expected frames/s above 0"),
    ("window_rates", "[1e308]", "`phases[1].window_rates[0]` is 1e+308, expected"),
    ("window_rates", "[1e999]", "to compare with: "), ("window_rates", "[NaN]", "to compare with: it is no JSON"),
    ("window_rates", "[100, null]", "`phases[1].window_rates[1]` is null"),
    ("window_rates", "\"many\"", "`phases[1].window_rates` is of another kind"),
    ("frames_per_second", "-1", "`phases[1].frames_per_second` is -1.0, expected"),
    ("frames", "0", "`phases[1].frames` is 0, expected at least 1"),
    ("in_flight", "\"two\"", "`phases[1].in_flight` is of another kind"),
    ("stability", "{\"verdict\": \"great\"}", "`phases[1].stability.verdict` has a value that none has there"),
    ("stability", "{}", "`phases[1].stability.verdict` is missing"),
  ]

  @Test("refuses a kept report that holds what can't be, with its file and the member")
  func oddReports() throws {
    try TemporaryFolder.with { folder in
      let url = URL(fileURLWithPath: try Self.keep(Self.paced, in: folder))
      let report = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
      for oddity in Self.oddities {
        var changed = report
        var phases = try #require(report["phases"] as? [[String: Any]])
        phases[1][oddity.member] = "HERE"
        changed["phases"] = phases
        let text = String(decoding: try JSONSerialization.data(withJSONObject: changed), as: UTF8.self)
        try Data(text.replacingOccurrences(of: "\"HERE\"", with: oddity.value).utf8).write(to: url)
        let outcome = try BuiltProgram.run(["bench"] + Self.paced + ["--compare", url.path])
        #expect(outcome.code == 3 && outcome.output.isEmpty, "\(oddity)")
        #expect(outcome.messages.contains("\(url.path): ") && outcome.messages.contains(oddity.words), "\(outcome)")
      }
      var old = report
      old["input"] = nil
      try JSONSerialization.data(withJSONObject: old).write(to: url)
      let missing = try BuiltProgram.run(["bench"] + Self.paced + ["--compare", url.path])
      #expect(missing.code == 3 && missing.messages.contains("to compare with: `input` is missing"))
    }
  }

  @Test("a phase of too few frames for windows has no pairs, and no ratio")
  func noWindows() throws {
    try TemporaryFolder.with { folder in
      let path = try Self.keep(Self.paced, in: folder)
      try Self.change(path) { phase in
        phase["window_rates"] = [Double]()
        phase["frames"] = 7
        phase["stability"] = ["verdict": "too short to say"]
      }
      let rows = try #require(try Self.compare(Self.paced, with: path).comparison).phases
      #expect(rows.count == 3 && rows.allSatisfy { $0.verdict == "too few windows to say" && $0.median_ratio == nil })
      let text = try BuiltProgram.run(["bench"] + Self.paced + Self.brief + ["--compare", path])
      #expect(text.output.contains("latency: too few windows to say: no pairs ("))
    }
  }

  @Test("refuses to compare what differs in model or device, and what is no report, before it measures")
  func refusals() throws {
    try TemporaryFolder.with { folder in
      let old = try Self.keep([RunTests.model, "-t", "1"], in: folder)
      let other = try BuiltProgram.run(["bench", PacedRunTests.model, "--tensors", "-t", "1", "--compare", old])
      #expect(other.code == 1 && other.messages.contains("is of another model (sha256): "))
      let threads = try BuiltProgram.run(["bench", RunTests.model, "-t", "2", "--compare", old])
      #expect(threads.code == 1 && threads.messages.contains("is of another device: software ("))
      let contents = [
        ("{}", "`schema` is missing"), ("[]", "it is no object"), ("no JSON", "it is no JSON"),
        ("{\"schema\": \"dpu.bench/1\"}", "`provenance` is missing"),
      ]
      for (content, words) in contents {
        try Data(content.utf8).write(to: URL(fileURLWithPath: old))
        let broken = try BuiltProgram.run(["bench", RunTests.model, "--compare", old])
        #expect(broken.code == 3 && broken.messages.contains("is no report of 'dpu bench --json'"), "\(content)")
        #expect(broken.messages.contains(words), "\(broken.messages)")
      }
      try Data("{\"schema\": \"dpu.run/1\"}".utf8).write(to: URL(fileURLWithPath: old))
      let run = try BuiltProgram.run(["bench", RunTests.model, "--compare", old])
      #expect(run.code == 3 && run.messages.contains("has the schema \"dpu.run/1\", expected \"dpu.bench/1\""))
      let missing = try BuiltProgram.run(["bench", RunTests.model, "--compare", "/nowhere.json"])
      #expect(missing.code == 3)
    }
  }
}
