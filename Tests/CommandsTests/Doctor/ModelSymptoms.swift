import Foundation
import TestSupport
import Testing

/// Symptoms of models that are not for the board.
enum ModelSymptoms {
  /// A copy of the sample for another core.
  private static func withModel<R>(for fingerprint: UInt64, _ body: (String) throws -> R) throws -> R {
    try TemporaryFolder.with { folder in
      var model = try ChangedModel(Repository.root.appendingPathComponent("sample/compiled/b1024.xmodel").path)
      try model.setFingerprint(fingerprint)
      let path = folder.appendingPathComponent("other.xmodel").path
      try model.write(to: path)
      return try body(path)
    }
  }

  /// 1: both sides in words, the bits, and the line to compile with; the model is refused.
  static func fingerprintFailure() throws {
    try withModel(for: 0x101_0000_1601_0407) { model in
      let core = "0x101000056010407"
      let report = try FakeBoardRun.doctor([model], fingerprint: core, code: 1)
      let finding = try #require(report.problem("fingerprint"))
      #expect(finding.found.contains("the model needs DPUCZDX8G ISA1 B4096: 2 image bank groups"))
      #expect(finding.found.contains("DPUCZDX8G:DPUCZDX8G_1 is DPUCZDX8G ISA1 B4096") && finding.found.contains(core))
      #expect(finding.found.contains(", as in Vitis AI 3.0 and 3.5): bits 0x40000000 differ"))
      #expect(finding.found.hasSuffix("(argmax on save: one is of Vitis AI 2.5, the other of 3.x)"))
      #expect(
        finding.fix?.contains(#"arch.json {"fingerprint":"\#(core)"} and a compiler of Vitis AI 2.0 to 3.5"#) == true)
      #expect(try FakeBoardRun.run(["digest", model, "--seed", "1"], fingerprint: core).code == 3)
    }
  }

  /// 2: which compiler takes the target; the model is refused before a job.
  static func compilerRejectsTarget() throws {
    try withModel(for: 0x101_0000_1601_0407) { model in
      let report = try FakeBoardRun.doctor([model], code: 1)
      let finding = try #require(report.problem("fingerprint"))
      let fix = try #require(finding.fix)
      #expect(fix.contains(#"arch.json {"fingerprint":"0x1000020f6014407"}"#))
      #expect(fix.hasSuffix("the compiler of Vitis AI 1.4 or 2.0: from 2.5 on compilers refuse ISA0 targets"))
      let step = try FakeBoardRun.failedStep([model], code: 3)
      #expect(step.step == "fingerprint")
    }
  }

  /// 8: need beside what there is, and the boot argument; nothing is taken.
  static func allocationFailure() throws {
    try DoctorBench.with { bench in
      try bench.kernel.setMemory(totalKibibytes: 131_072, freeKibibytes: 8)
      let finding = try #require(try bench.report([FakeBoardRun.model], code: 1).problem("memory"))
      #expect(finding.state == "failed")
      #expect(finding.found.hasPrefix("CMA has 128.0 MiB, 0.0 MiB of it free, but the model needs 0.0 MiB") == true)
      #expect(
        finding.fix == "close other programs that use it (cameras, displays, VART), or "
          + "add cma=512M to the kernel's command line (bootargs) and restart")
      try bench.kernel.setMemory(totalKibibytes: 4, freeKibibytes: 4)
      let small = try #require(try bench.report([FakeBoardRun.model], code: 1).problem("memory"))
      #expect(small.fix == "add cma=512M to the kernel's command line (bootargs) and restart")
      // What the kernel's usual tree for the ZCU104 reserves is too little for the largest models.
      try bench.kernel.setMemory(totalKibibytes: 131_072, freeKibibytes: 131_072)
      let few = try #require(try bench.report(code: 0).problem("memory"))
      #expect(few.state == "warning" && few.found.hasSuffix("512 MiB are usual for this board"))
    }
    let step = try FakeBoardRun.failedStep(json: #", "allocationLimit": 4096"#, code: 5)
    #expect(step.step == "load" && step.found.contains("xclAllocBO gave no buffer of"))
    #expect(step.found.contains("close other programs that use the DPU, or reserve more memory for it"))
  }
}
