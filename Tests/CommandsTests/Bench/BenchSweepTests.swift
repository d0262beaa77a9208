import Commands
import Foundation
import Glibc
import TestSupport
import Testing

/// `dpu bench --sweep` and `--in-flight auto`: how many frames in flight are enough.
@Suite struct BenchSweepTests {
  /// A model whose jobs take 40 ms on each of two cores: a machine that is late by a few still keeps them at work.
  static let paced = [PacedRunTests.model, "-d", "paced", "--paced-ms", "40", "--cores", "2", "--tensors"]

  struct Sweep: Decodable {
    struct Row: Decodable {
      let cores: Int
      let in_flight: Int
      let frames_per_second: Double
      let core_busy: [Double]
      let knee: Bool
      let cut_short: Bool
    }
    let cut_short: Bool
    let rows: [Row]
  }

  @Test("tries frames in flight on each number of cores and marks the knee that the device's time asks for")
  func sweep() throws {
    let outcome = try BuiltProgram.run(
      ["bench"] + Self.paced + ["--sweep", "--duration", "0.8", "--warm-up", "0.1", "--json"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    try JSONPageTests.compare(outcome.output)
    let sweep = try JSONDecoder().decode(Sweep.self, from: Data(outcome.output.utf8))
    #expect(!sweep.cut_short && sweep.rows.allSatisfy { !$0.cut_short })
    for cores in 1...2 {
      let own = sweep.rows.filter { $0.cores == cores }
      #expect(own.map(\.in_flight) == Array(1...own.count) && own.count >= 3)
      #expect(own.allSatisfy { $0.core_busy.count == cores })
      // A paced core runs no more than its time allows; the first and last frame may lie across an edge.
      #expect(own.allSatisfy { $0.frames_per_second < 1.1 * Double(cores) / 0.04 })
      let knees = own.filter(\.knee)
      #expect(knees.count == 1)
      // One frame keeps a core at work, a second fills the time between two, and a third one waits for its turn.
      let knee = try #require(knees.first).in_flight
      #expect((cores...2 * cores + 1).contains(knee), "\(own)")
    }
  }

  @Test("finds two to four frames in flight for two cores by itself")
  func automatic() throws {
    struct Report: Decodable {
      struct Phase: Decodable {
        let phase: String
        let in_flight: Int
        let in_flight_found: Bool
      }
      let phases: [Phase]
    }
    let outcome = try BuiltProgram.run(
      ["bench"] + Self.paced + ["--in-flight", "auto", "--duration", "1", "--warm-up", "0.1", "--json"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    let phases = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)).phases
    for phase in phases where phase.phase != "latency" {
      #expect(phase.in_flight_found && (2...4).contains(phase.in_flight), "\(phase)")
    }
    #expect(phases.count == 3)
  }

  @Test("a signal marks the row that it cut short, and no knee is named", arguments: [["--json"], [], ["--markdown"]])
  func interrupted(form: [String]) throws {
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(
        ["bench"] + Self.paced + ["--sweep", "--duration", "1", "--warm-up", "0"] + form, scratch: scratch)
      // In the second second: one row is whole, the next is not.
      #expect(program.waits { program.messages.contains("measuring 1 core, 2 in flight") }, "\(program.messages)")
      usleep(400_000)
      program.send(SIGINT)
      #expect(program.code() == 130)
      if form == ["--json"] {
        let sweep = try JSONDecoder().decode(Sweep.self, from: Data(program.output.utf8))
        #expect(sweep.cut_short && sweep.rows.map(\.cut_short) == [false, true])
        #expect(sweep.rows.allSatisfy { !$0.knee })
      } else {
        let words =
          "cut short by a signal; no knee is named for a number of cores with which not all was tried: 1, 2\n"
        #expect(program.output.contains(words), "\(program.output)")
        #expect(!program.output.contains(" knee  ") && !program.output.contains("| knee |"), "\(program.output)")
        let cut = program.output.split(separator: "\n").filter { $0.contains("; cut short by a signal") }
        #expect(cut.count == 1, "\(program.output)")
      }
    }
  }

  @Test("publishes its numbers while it runs")
  func published() throws {
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(
        ["bench"] + Self.paced + ["--sweep", "--duration", "60", "-q"], scratch: scratch)
      #expect(try program.isSeenByTop(in: scratch), "\(program.messages)")
      program.send(SIGINT)
      #expect(program.code() == 130)
    }
  }

  @Test("the knee is the first number whose rate is within 3 % of the best")
  func knee() {
    #expect(BenchSweep.knee(of: [100, 180, 199, 200, 198]) == 3)
    #expect(BenchSweep.knee(of: [100]) == 1)
    #expect(BenchSweep.knee(of: []) == nil && BenchSweep.knee(of: [0, 0]) == nil)
    #expect(BenchSweep.isWorthTrying(after: []) && BenchSweep.isWorthTrying(after: [100, 101]))
    #expect(!BenchSweep.isWorthTrying(after: [100, 101, 102]))
    #expect(BenchSweep.isWorthTrying(after: [100, 101, 110]))
  }
}

extension StartedProgram {
  /// Waits until `dpu top` shows frames of this process, by its socket in a folder.
  func isSeenByTop(in scratch: URL) throws -> Bool {
    struct Look: Decodable {
      struct Process: Decodable {
        let pid: Int
        let command: String?
        let frames: Int?
      }
      let processes: [Process]
    }
    return try waits {
      let outcome = try BuiltProgram.run(["top", "--once", "--json"], environment: ["XDG_RUNTIME_DIR": scratch.path])
      return try JSONDecoder().decode(Look.self, from: Data(outcome.output.utf8)).processes.contains {
        $0.pid == Int(number) && $0.command == "bench" && ($0.frames ?? 0) > 0
      }
    }
  }
}
