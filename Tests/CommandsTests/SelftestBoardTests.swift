import Foundation
import TestSupport
import Testing

/// `dpu selftest` over a board in a library, with the faults that a first board may have.
@Suite struct SelftestBoardTests {
  private static let b4096 = FakeBoardRun.b4096

  private static func run(
    _ arguments: [String] = ["--json"], fingerprint: String = b4096, cores: Int = 1, json: String = "",
    limit: Int? = nil
  ) throws -> BuiltProgram.Outcome {
    try FakeBoardRun.run(["selftest"] + arguments, fingerprint: fingerprint, cores: cores, json: json, limit: limit)
  }

  /// The only core's report of a test that did not pass, after checking the exit code.
  private static func failing(
    _ arguments: [String] = [], fingerprint: String = b4096, json: String = "", limit: Int? = nil,
    code: Int32
  ) throws -> SelftestTests.Report.Core {
    let outcome = try run(["--json"] + arguments, fingerprint: fingerprint, json: json, limit: limit)
    #expect(outcome.code == code, "\(outcome.messages)")
    let report = try SelftestTests.report(outcome)
    #expect(!report.passed)
    return try #require(report.cores.first)
  }

  @Test("both cores of a board pass, by their own names and registers, and everything says that it is simulated")
  func twoCores() throws {
    let outcome = try Self.run(cores: 2, json: #", "indices": [1, 0]"#)
    #expect(outcome.code == 0, "\(outcome.messages)")
    let report = try SelftestTests.report(outcome)
    #expect(report.passed && report.simulated)
    #expect(report.device == .init(kind: "simulated", detail: "fake libxrt"))
    #expect(report.cores.map(\.name) == ["DPUCZDX8G:DPUCZDX8G_1", "DPUCZDX8G:DPUCZDX8G_2"])
    #expect(report.cores.allSatisfy { $0.steps.map(\.step) == SelftestTests.allSteps })
    #expect(report.cores.allSatisfy { $0.steps.allSatisfy { $0.outcome == "passed" } })
    #expect(report.model?.sample == true && report.model?.path.hasSuffix("b4096.xmodel") == true)

    let text = try Self.run([], cores: 2)
    let lines = text.output.split(separator: "\n")
    #expect(lines.first == "device: simulated (fake libxrt)")
    #expect(lines.last == "passed: all 14 checks, device: simulated (fake libxrt)")
    #expect(lines.filter { $0.hasPrefix("core ") }.allSatisfy { $0.hasSuffix("of device: simulated (fake libxrt)") })
    #expect(text.output.contains("a board in a library: everything here is simulated"))
    #expect(text.output.contains("of the simulation on this machine, not a board"))
    #expect(!text.output.contains("the core alone"), "cycles of a simulation are no board's")
  }

  @Test("takes the sample that the core can run, and says what to compile where there is none")
  func samples() throws {
    let other = try SelftestTests.report(Self.run(fingerprint: "0x101000016010402"))
    #expect(other.passed && other.model?.path.hasSuffix("b1024.xmodel") == true)

    let core = try Self.failing(fingerprint: "0x101000056010407", code: 1)
    #expect(core.step("fingerprint")?.found.hasPrefix("DPUCZDX8G ISA1 B4096") == true)
    #expect(core.step("fingerprint")?.found.hasSuffix("; no sample model is compiled for it") == true)
    #expect(core.step("load")?.remedy?.contains(#"arch.json {"fingerprint": "0x101000056010407"}"#) == true)
    #expect(core.steps.filter { $0.outcome == "skipped" }.count == 5 && core.seconds.isEmpty)
  }

  @Test("a model for another core is refused before any job, with the bits that differ")
  func wrongCore() throws {
    let core = try Self.failing(["sample/compiled/b4096.xmodel"], fingerprint: "0x101000056010407", code: 3)
    let step = try #require(core.step("fingerprint"))
    #expect(step.outcome == "failed" && step.found.contains("but the model needs DPUCZDX8G ISA0 B4096"))
    #expect(step.found.hasSuffix("they differ in bits 0x10020a0004000"), "\(step.found)")
    #expect(core.step("zero job")?.outcome == "skipped")
  }

  @Test("a register that reads nothing is no DPU", arguments: ["0x0", "0xffffffffffffffff"])
  func noCore(fingerprint: String) throws {
    let core = try Self.failing(fingerprint: fingerprint, code: 1)
    #expect(core.step("fingerprint")?.found.contains("there is no DPU at this address") == true)
    #expect(core.step("fingerprint")?.remedy?.contains("the PL holds another design, or its clock is off") == true)
  }

  @Test("a core that works once and then not fails at the next job, with the causes", arguments: [1, 2])
  func worksOnce(job: Int) throws {
    let core = try Self.failing(
      json: #", "jobs": [{"job": \#(job), "hangs": true}]"#, limit: 300, code: 5)
    #expect(core.step("zero job")?.outcome == "passed")
    let step = try #require(core.step(job == 1 ? "golden job" : "second job"))
    #expect(step.outcome == "failed" && step.found.contains("did not end"), "\(step.found)")
    #expect(step.remedy?.contains("a job before it went well: the done flag (register 0x40) was not cleared") == true)
    #expect(core.step("counters")?.outcome == "skipped")
  }

  @Test("a core that never answers fails at the first job")
  func hangs() throws {
    let core = try Self.failing(
      json: #", "jobs": [{"job": 0, "hangs": true}]"#, limit: 300, code: 5)
    #expect(core.step("load")?.outcome == "passed" && core.step("zero job")?.outcome == "failed")
    #expect(core.step("zero job")?.remedy?.contains("done flag") == false)
  }

  @Test("a sync that does nothing gives a wrong answer that is noticed", arguments: [0, 1])
  func lostSync(number: Int) throws {
    // The first two syncs carry code and weights over.
    let json = #", "lostSyncs": [\#(number)]"#
    let outcome = try Self.run(json: json, limit: 2000)
    #expect(outcome.code == (number == 0 ? 5 : 1), "\(outcome.output)")
    let report = try SelftestTests.report(outcome)
    let failed = try #require(report.cores[0].steps.first { $0.outcome == "failed" })
    if number == 1 {
      #expect(failed.found.hasPrefix("WRONG ANSWER: ") && failed.remedy?.hasPrefix("do not trust this device") == true)
    }
    #expect(failed.step == "zero job")
  }

  @Test("a board without memory for the model fails at loading and runs nothing")
  func noMemory() throws {
    let core = try Self.failing(json: #", "allocationLimit": 4096"#, code: 5)
    #expect(core.step("load")?.outcome == "failed")
    #expect(core.step("zero job")?.outcome == "skipped" && core.step("counters")?.outcome == "skipped")
  }

  @Test("a core that the driver does not know ends the test before it begins")
  func missingCore() throws {
    let outcome = try Self.run(json: #", "missingCores": ["DPUCZDX8G:DPUCZDX8G_1"]"#)
    #expect(outcome.code == 4 && outcome.output.isEmpty)
    #expect(outcome.messages.contains("the driver has no core DPUCZDX8G:DPUCZDX8G_1"))
  }
}
