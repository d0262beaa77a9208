import CAllocationCounter
import Commands
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct BenchTests {
  static let brief = ["--duration", "0.2", "--warm-up", "0.05"]
  /// For figures that the edges of a measurement must not blur.
  static let longer = ["--duration", "2", "--warm-up", "0.05"]

  /// What the tests read of a report.
  struct Report: Decodable {
    struct Phase: Decodable {
      let phase: String
      let definition: String
      let times_of: String
      let frames: Int
      let frames_per_second: Double
      let seconds: Double
      let milliseconds: [String: Double]
      let in_flight: Int
      let core_busy: [Double]
      let window_rates: [Double]
    }
    let schema: String
    let phases: [Phase]
    let rates_of: String
    let power: String
  }

  static func report(
    _ arguments: [String], lasting times: [String] = brief
  ) throws -> (Report, BuiltProgram.Outcome) {
    let outcome = try BuiltProgram.run(["bench"] + arguments + times + ["--json"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    return (try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)), outcome)
  }

  @Test("measures the three phases, and what it says adds up")
  func phases() throws {
    let (report, outcome) = try Self.report([RunTests.model, "-t", "1"])
    #expect(report.schema == "dpu.bench/1" && !report.power.isEmpty)
    #expect(report.phases.map(\.phase) == ["device-only", "end-to-end", "latency"])
    for phase in report.phases {
      #expect(phase.frames > 0 && phase.core_busy.count == 1)
      #expect((phase.frames_per_second * phase.seconds - Double(phase.frames)).magnitude < 1e-6)
      let order = try ["min", "p50", "p90", "p99", "max"].map { try #require(phase.milliseconds[$0]) }
      #expect(order == order.sorted() && order[0] > 0)
      #expect(phase.core_busy.allSatisfy { (0...1).contains($0) })
    }
    #expect(report.phases[2].in_flight == 1)
    #expect(report.rates_of == "of the software device on this CPU")
    try JSONPageTests.compare(outcome.output)
  }

  @Test("says of the times of single frames what is in them and what is not")
  func timeDefinitions() throws {
    let (inMemory, _) = try Self.report([PacedRunTests.model, "-d", "paced", "--tensors"])
    #expect(
      inMemory.phases.map(\.times_of) == [
        "one job on its core, where the device tells; else from its start to its end",
        "one frame from handing its filled buffer in to its result in memory: waiting in line, job, postprocess; preprocess is "
          + "not in it", "the same",
      ])
    try TemporaryFolder.with { folder in
      let input = try PacedRunTests.inputs(1, in: folder)
      let base = [PacedRunTests.model, "-d", "paced", "--tensors"] + input
      let (kept, _) = try Self.report(base)
      #expect(kept.phases[1].times_of.hasSuffix("postprocess; decode and preprocess are not in it"))
      let (written, _) = try Self.report(base + ["-o", folder.appendingPathComponent("out").path])
      #expect(written.phases[1].times_of.hasSuffix("postprocess, write; decode and preprocess are not in it"))
    }
  }

  @Test("measures from files, and writes results where it is told to")
  func files() throws {
    try TemporaryFolder.with { folder in
      let (report, _) = try Self.report([RunTests.model, RunTests.pictures, "-o", folder.path, "-t", "1"])
      #expect(report.phases[1].definition.hasPrefix("from opening a file to its results written in \(folder.path)"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).contains("slice-01.labels.png"))
      let (plain, _) = try Self.report([RunTests.model, RunTests.pictures, "-t", "1"])
      #expect(plain.phases[1].definition.hasPrefix("from opening a file to its result in memory; nothing is written"))
    }
  }

  @Test("a device that is no board says of every form what its frames are", arguments: ["simulated", "paced"])
  func notABoard(device: String) throws {
    let arguments = ["bench", PacedRunTests.model, "-d", device, "--tensors"] + Self.brief
    for form in [[], ["--json"], ["--markdown"]] {
      let outcome = try BuiltProgram.run(arguments + form)
      #expect(outcome.code == 0, "\(outcome.messages)")
      #expect(outcome.output.contains(device == "paced" ? "no DPU ran" : "of the simulator on this CPU"))
      let line = device == "paced" ? "device: paced (no DPU)" : "device: simulated ("
      if form != ["--json"] { #expect(outcome.output.contains(line)) }
      if device == "paced", form != ["--json"] { #expect(outcome.output.hasPrefix("device: paced (no DPU)\n")) }
    }
  }

  @Test("a paced device's cores are busy by the time that its jobs are given, and no more")
  func pacedBusy() throws {
    let (report, _) = try Self.report(
      [PacedRunTests.model, "-d", "paced", "--paced-ms", "4", "--cores", "2", "--tensors"], lasting: Self.longer)
    for phase in report.phases {
      let busy = phase.core_busy.reduce(0, +)
      // At the edges of the measurement, jobs may have ended whose results have not been taken: those in flight.
      let edges = Double(phase.in_flight + 1) * 0.004 / phase.seconds
      #expect((busy - phase.frames_per_second * 0.004).magnitude < edges, "\(phase.phase)")
    }
  }

  @Test("prints Markdown tables")
  func markdown() throws {
    let outcome = try BuiltProgram.run(["bench", RunTests.model, "--markdown", "-t", "1"] + Self.brief)
    #expect(outcome.output.hasPrefix("## \(RunTests.model) on device: software ("))
    #expect(outcome.output.contains("\n| phase | frames/s | p50 ms |") && outcome.output.contains("\n| end-to-end | "))
  }

  @Test(
    "refuses what makes no sense",
    arguments: [
      (["--json", "--markdown"], "exclude each other"), (["-o", "somewhere"], "--output is for results of INPUT"),
      (["--duration", "0"], "needs a number"), (["--sweep", "--nerone"], "exclude each other"),
      (["--sweep", "--in-flight", "2"], "don't give --in-flight"), (["a.png", "--nerone"], "no INPUT"),
      (["--nerone", "-d", "paced"], "--nerone is for devices that run the models"),
      (["--cores", "3", "-d", "paced", "--compare", "/nowhere.json"], "cannot be read"),
    ] as [([String], String)])
  func usage(options: [String], message: String) throws {
    let outcome = try BuiltProgram.run(["bench", RunTests.model] + options)
    #expect([2, 3].contains(outcome.code) && outcome.messages.contains(message), "\(outcome.messages)")
  }

  @Test("a signal ends the measurement with a report of what there is")
  func interrupted() throws {
    let outcome = try BuiltProgram.run(
      ["bench", RunTests.model, "--duration", "600", "--warm-up", "0", "-t", "1"],
      signal: (SIGINT, Repository.isEmulated ? 30 : 5))
    #expect(outcome.code == 130)
    #expect(outcome.output.contains("cut short by a signal"))
  }
}

/// What a frame of a measurement costs in memory: nothing, so that it measures the device and not itself.
///
/// Counted on the thread that takes results out; the latency loop fills, runs and reads on it.
@Suite(.enabled(if: allocation_counter_works(), "malloc is not counted here"), .serialized)
struct BenchSteadyStateTests {
  /// A loop over frames in memory.
  enum Loop: String, CaseIterable, Sendable {
    case deviceOnly, endToEnd, latency

    func run(_ subject: BenchSubject, _ duration: Duration) throws -> PhaseMeasurement? {
      guard self != .latency else {
        return try LatencyLoop(subject: subject, warmUp: .milliseconds(20), duration: duration).run()
      }
      return try MemoryLoop(
        subject: subject, work: self == .deviceOnly ? .deviceOnly : .endToEnd, inFlight: .fixed(6),
        warmUp: .milliseconds(20), duration: duration
      ).run()
    }
  }

  @Test("a longer measurement allocates no more than a short one", arguments: Loop.allCases, [false, true])
  func loops(loop: Loop, wantsTensors: Bool) throws {
    let words =
      [PacedRunTests.model, "-d", "paced", "--paced-ms", "0.05", "--cores", "2"] + (wantsTensors ? ["--tensors"] : [])
    let arguments = try ArgumentReader.read(words, by: BenchCommand.table)
    let subject = try BenchSubject(arguments, Console(arguments), model: PacedRunTests.model)
    func measure(_ milliseconds: Int) throws -> (frames: Int, allocations: Int) {
      let before = allocation_count_of_this_thread()
      let measurement = try loop.run(subject, .milliseconds(milliseconds))
      return (try #require(measurement).frameCount, Int(allocation_count_of_this_thread() - before))
    }
    _ = try measure(50)
    let short = try measure(100)
    let long = try measure(900)
    #expect(long.frames > short.frames + 200)
    // Sorting the times may take a buffer more; a frame may not.
    #expect(long.allocations < short.allocations + (long.frames - short.frames) / 50, "\(short), \(long)")
  }
}
