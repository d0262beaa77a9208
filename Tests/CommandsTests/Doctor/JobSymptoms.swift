import Commands
import Devices
import Foundation
import TestSupport
import Testing
import XRTDPU

/// Symptoms of jobs that don't end, or end wrong.
enum JobSymptoms {
  /// Runs the self-test with a changed program on a board where what breaks the simulator off hangs the core.
  private static func failedStep(changing change: (String) -> String) throws -> SelftestTests.Report.Step {
    try TemporaryFolder.with { folder in
      var model = try ChangedModel(Repository.root.appendingPathComponent(FakeBoardRun.model).path)
      try model.changeProgram(change)
      let path = folder.appendingPathComponent("changed.xmodel").path
      try model.write(to: path)
      return try FakeBoardRun.failedStep([path], json: #", "faultsHang": true"#, code: 5)
    }
  }

  /// 3: nothing was started; the counters and where code and regions lie.
  static func timeoutBeforeAnyInstruction() throws {
    let step = try FakeBoardRun.failedStep(json: #", "jobs": [{"job": 0, "hangs": true}]"#, code: 5)
    #expect(step.step == "zero job")
    #expect(step.found.contains("load 0 of 0, conv 0 of 0, save 0 of 0, misc 0 of 0 instructions ended"))
    #expect(step.found.contains("no instruction was started: the core never fetched code"))
    #expect(step.found.contains("the programmable logic holds another design or has no clock"))
    #expect(step.found.contains("code at 0x6") && step.found.contains("REG_0 at 0x6"))
    #expect(step.remedy?.contains("'dpu doctor' checks the PL, the clocks, the rails") == true)
  }

  /// 4: the engine that is stuck.
  static func timeoutInLoad() throws {
    let step = try failedStep { $0.replacingOccurrences(of: "ddr_addr=48 reg_id=2", with: "ddr_addr=48 reg_id=5") }
    #expect(step.found.contains("load 2 of 3"), "\(step.found)")
    #expect(step.found.contains("the load engine is stuck in an instruction: an address leads nowhere, or the memory"))
  }

  /// 5: instructions that wait for each other.
  static func timeoutWaiting() throws {
    let json = #", "jobs": [{"job": 0, "hangs": true, "counters": [42, 42, 1, 1, 0, 0, 0, 0]}]"#
    let step = try FakeBoardRun.failedStep(json: json, code: 5)
    #expect(step.found.contains("load 42 of 42, conv 1 of 1, save 0 of 0, misc 0 of 0"))
    #expect(step.found.contains("every started instruction has ended, the next ones wait for each other"))
    #expect(step.found.contains("the program is made for another core, or it is damaged"))
  }

  /// 6: the second job of the self-test, and the interrupts meanwhile.
  static func worksOnce() throws {
    let step = try FakeBoardRun.failedStep(json: #", "jobs": [{"job": 1, "hangs": true}]"#, code: 5)
    #expect(step.step == "golden job")
    #expect(
      step.remedy?.contains("the done flag (register 0x40) was not cleared, the interrupt did not arrive") == true)
    try DoctorBench.with { bench in
      let found = try bench.report(code: 0).findings(of: "users").map(\.found)
      #expect(found.contains("interrupts of zocl: 52: 7 0 GICv2 121 Level zocl"))
    }
  }

  /// 14: the core is given up, and what brings it back.
  static func deadlock() throws {
    let json = #", "jobs": [{"job": 0, "errno": \#(EDEADLK)}]"#
    let outcome = try FakeBoardRun.run(["digest", FakeBoardRun.model, "--seed", "1"], json: json)
    #expect(outcome.code == 4 && outcome.messages.contains("xclExecBuf failed with EDEADLK"))
    #expect(
      outcome.messages.contains(
        "the driver has given up this core since a job hung, and keeps so until the overlay is loaded again"))
  }

  /// 15: the golden jobs of the self-test.
  static func wrongResults() throws {
    // The second sync carries the weights over.
    let step = try FakeBoardRun.failedStep(json: #", "lostSyncs": [1]"#, code: 1)
    #expect(step.found.hasPrefix("WRONG ANSWER: "))
    #expect(step.remedy?.contains("a sync of the caches is missing") == true)
    #expect(step.remedy?.contains("an AXI port has the wrong width") == true)
  }

  /// 20: it is never read here, and who does so elsewhere is told.
  static func registerZero() throws {
    #expect(CoreRegister(rawValue: 0) == nil)
    try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("dpu.xclbin")
      try Data(SmallImage().bytes).write(to: file)
      let board = try FakeBoard(#"{"fingerprints": ["\#(FakeBoardRun.b4096)"]}"#)
      var place = BoardPlace()
      place.library = FakeBoard.libraryPath
      place.xclbin = file.path
      let report = DoctorReport(BoardSnapshot(place, catalogue: nil), model: nil)
      #expect(report.findings.contains { $0.check == .cores && $0.state == .good })
      #expect(try board.report().violations == [])
      #expect(try board.report().isClosed)
    }
    try DoctorBench.with { bench in
      try bench.kernel.open("/dev/dri/renderD128", in: 4711, named: "xdputil")
      let finding = try #require(try bench.report(code: 0).problem("users"))
      #expect(finding.found == "/dev/dri/renderD128 is used by process 4711 (xdputil)")
      #expect(finding.fix?.hasSuffix("tools that read register 0 make jobs hang") == true)
    }
  }
}
