import Foundation
import TestSupport
import Testing

/// `dpu selftest` on the devices that every machine has.
@Suite struct SelftestTests {
  /// What a test reads of a report.
  struct Report: Decodable {
    struct Device: Decodable, Equatable { let kind, detail: String }
    struct Model: Decodable {
      let path: String
      let sample: Bool
    }
    struct Step: Decodable, Equatable {
      let step, outcome, found: String
      let remedy: String?
    }
    struct Core: Decodable {
      struct Fingerprint: Decodable {
        let value: String
        let array: String?
      }
      struct Counters: Decodable { let load, conv, save, misc: [Int] }

      let core: Int?
      let name: String?
      let fingerprint: Fingerprint?
      let counters: Counters?
      let steps: [Step]
      let seconds: [String: Double]

      func step(_ name: String) -> Step? { steps.first { $0.step == name } }
    }

    let schema: String
    let device: Device
    let simulated: Bool
    let model: Model?
    let passed: Bool
    let times_of: String
    let cores: [Core]
  }

  static func report(_ outcome: BuiltProgram.Outcome) throws -> Report {
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.schema == "dpu.selftest/1")
    return report
  }

  static let allSteps = [
    "fingerprint", "registers", "load", "zero job", "golden job", "second job", "counters",
  ]

  @Test("the software device passes, against its own portable kernels")
  func software() throws {
    let outcome = try BuiltProgram.run(["selftest", "--json"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    let report = try Self.report(outcome)
    #expect(report.passed && !report.simulated && report.device.kind == "software")
    #expect(report.cores.map { $0.steps.map(\.step) } == [["load", "zero job", "golden job", "second job"]])
    #expect(report.times_of == "the software device on this machine, not a board")
  }

  @Test(
    "a simulated core of each sample passes every step, and its times are no board's",
    arguments: [
      ("sample/compiled/b4096.xmodel", "0x1000020f6014407"), ("sample/compiled/b1024.xmodel", "0x101000016010402"),
    ])
  func simulated(model: String, fingerprint: String) throws {
    let outcome = try BuiltProgram.run(["selftest", model, "--device", "simulated", "--json"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    let report = try Self.report(outcome)
    #expect(report.passed && report.simulated && report.device.kind == "simulated")
    #expect(report.model?.sample == false)
    let core = try #require(report.cores.first)
    #expect(report.cores.count == 1 && core.core == 0)
    #expect(core.fingerprint?.value == fingerprint)
    #expect(core.steps.map(\.step) == Self.allSteps)
    #expect(core.steps.allSatisfy { $0.outcome == "passed" && $0.remedy == nil })
    #expect(Set(core.seconds.keys) == ["zero job", "golden job", "second job"])
    #expect(core.seconds.values.allSatisfy { $0 > 0 && $0 < 60 })
    #expect(core.counters.map { $0.load[0] > 0 && $0.load[0] == $0.load[1] } == true)
    #expect(report.times_of.contains("not a board: they say nothing about a board's speed"))
  }

  @Test("without a model the sample for the core is taken, and the text names device and times as simulated")
  func text() throws {
    let outcome = try BuiltProgram.run(["selftest", "-d", "simulated"])
    #expect(outcome.code == 0, "\(outcome.messages)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "device: simulated (ISA0 B4096, 1 core, executes mc_code)")
    #expect(lines[1].contains("sample/compiled/b4096.xmodel, which comes with dpu"))
    #expect(lines[2] == "core 0 of device: simulated (ISA0 B4096, 1 core, executes mc_code)")
    #expect(lines.contains { $0.hasPrefix("  golden job   ok       all 512 bytes as the software device") })
    #expect(
      lines.contains { $0.hasPrefix("  times ") && $0.contains("of the simulation on this machine, not a board") })
    #expect(
      lines.last == "passed: all 7 checks, device: simulated (ISA0 B4096, 1 core, executes mc_code)")
    #expect(!outcome.output.contains("the core alone"), "cycles of a simulation are no board's")
  }

  @Test("a model without instructions is tested on the software device only")
  func noInstructions() throws {
    #expect(try BuiltProgram.run(["selftest", "sample/model/phantom-ct.xmodel"]).code == 0)
    let outcome = try BuiltProgram.run(["selftest", "sample/model/phantom-ct.xmodel", "-d", "simulated"])
    #expect(outcome.code == 3)
    #expect(outcome.messages.contains("has no instructions (mc_code)"))
  }
}
