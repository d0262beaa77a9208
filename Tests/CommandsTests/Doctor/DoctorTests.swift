import Foundation
import TestSupport
import Testing

/// `dpu doctor` on a reconstructed board, on a board in a library, and without one.
@Suite struct DoctorTests {
  private static let checks = [
    "module", "node", "permission", "PL", "xclbin", "cores", "fingerprint", "memory", "clocks", "rails", "versions",
    "users", "configuration",
  ]

  @Test("a board that works passes every check in order, and files that are not this machine's are never opened")
  func healthy() throws {
    try DoctorBench.with { bench in
      try bench.loadDriver()
      let report = try bench.report(code: 0)
      var order: [String] = []
      for finding in report.findings where order.last != finding.check { order.append(finding.check) }
      #expect(order == Self.checks)
      #expect(report.findings.allSatisfy { $0.state != "failed" })
      #expect(report.findings.filter { $0.state == "warning" }.map(\.check) == ["rails"])
      #expect(report.board == "zcu104" && !report.simulated && report.failed == 0 && report.images.isEmpty)
      #expect(report.device.kind == "xrt")
      #expect(report.device.detail == "renderD128, ZynqMP ZCU104 RevC, from files below \(bench.kernel.root)")
      let cores = try #require(report.findings(of: "cores").first)
      #expect(cores.state == "skipped" && cores.found.hasPrefix("not opened: the files are not this machine's"))
      #expect(cores.found.contains("DPUCZDX8G:DPUCZDX8G_1, CU index 1, at 0x80040000"))
      #expect(report.findings(of: "clocks").map(\.found) == ["PL clock 0 is 100.000 MHz, asked for 100.000 MHz"])
      #expect(report.findings(of: "versions").first?.found == "/usr/lib/libxrt_core.so.2, version 2.13.0; zocl 2.13.0")

      let lines = try bench.run(["doctor"]).output.split(separator: "\n").map(String.init)
      let device = "device: xrt (\(report.device.detail))"
      #expect(lines.first == device)
      #expect(lines.last == "nothing is wrong; 1 warning, 2 not checked; \(device)")
    }
  }

  @Test("every check that fails comes with the line that mends it")
  func remedies() throws {
    try TemporaryFolder.with { folder in
      let outcome = try BuiltProgram.run(["doctor", "--json", "--root", folder.path])
      #expect(outcome.code == 4)
      let failures = try DoctorBench.read(outcome).findings.filter { $0.state == "failed" }
      #expect(failures.map(\.check) == ["module", "node", "PL", "xclbin", "memory", "versions"])
      #expect(failures.allSatisfy { $0.fix?.isEmpty == false })
    }
  }

  @Test(
    "without a board, the module is the first that fails, the exit code is 4, and no watt or board is made up",
    .enabled(if: !FileManager.default.fileExists(atPath: "/dev/dri"), "this machine has a render node"))
  func noBoard() throws {
    let outcome = try BuiltProgram.run(["doctor", "--json"])
    #expect(outcome.code == 4)
    let report = try DoctorBench.read(outcome)
    #expect(report.findings.first?.check == "module" && report.findings.first?.state == "failed")
    #expect(report.board == nil)
    #expect(report.findings(of: "rails").first?.state == "skipped")
  }

  @Test("a model is looked up among the images of the board, with the arch.json of each that does not run it")
  func images() throws {
    try DoctorBench.with { bench in
      let images = try bench.report([FakeBoardRun.model], code: 0).images
      #expect(images.filter(\.fits).map(\.release) == ["Vitis AI 1.3 to 2.0"])
      #expect(images.allSatisfy { $0.board == "zcu104" } && images.count == 3)
      try JSONPageTests.compare(bench.run(["doctor", FakeBoardRun.model, "--json"]).output)
      let text = try bench.run(["doctor", FakeBoardRun.model]).output
      #expect(
        text.contains(
          "Vitis AI 1.3 to 2.0: DPUCZDX8G_ISA0_B4096_MAX_BG2 (0x1000020f6014407) RUNS this model"))
      #expect(
        text.contains(
          "Vitis AI 2.5, DPU-PYNQ 2.5: DPUCZDX8G_ISA1_B4096 (0x101000016010407) does not, it takes ISA1 B4096 models of "
            + #"compiler 2.5; compile with arch.json {"fingerprint":"0x101000016010407"}"#))
    }
    // On any other machine: where the model would run.
    let words = try BuiltProgram.run(["doctor", FakeBoardRun.model]).output
    #expect(words.contains("images of the catalogue:") && words.contains("Vitis AI 1.3 to 2.0"))
    #expect(!words.contains("KV260"))
    let none = try BuiltProgram.run(["doctor", "sample/compiled/b1024.xmodel"]).output
    #expect(none.contains("no image of the catalogue runs this model:") && none.contains("KV260"))
  }

  @Test("a board in a library is opened, and every line that could be a board's says that it is none")
  func fake() throws {
    let report = try FakeBoardRun.doctor([FakeBoardRun.model], code: 0)
    #expect(report.device == .init(kind: "simulated", detail: "fake libxrt") && report.simulated)
    #expect(report.board == nil)
    let states = Dictionary(report.findings.map { ($0.check, $0.state) }, uniquingKeysWith: { first, _ in first })
    for check in ["module", "node", "permission", "PL", "memory", "clocks", "rails", "users", "configuration"] {
      #expect(states[check] == "skipped", "\(check)")
    }
    for check in ["xclbin", "cores", "fingerprint", "versions"] { #expect(states[check] == "ok", "\(check)") }
    #expect(report.findings(of: "fingerprint").first?.found.hasSuffix(", as the model needs") == true)

    let text = try FakeBoardRun.run(["doctor", FakeBoardRun.model]).output
    #expect(text.hasPrefix("device: simulated (fake libxrt)\n"))
    #expect(text.hasSuffix("device: simulated (fake libxrt)\n"))
    #expect(!text.contains(" W,") && text.contains("everything here is simulated"))
  }

  @Test("commands that end without touching a core are found out")
  func echo() throws {
    try DoctorBench.with { bench in
      try bench.kernel.set("\(KernelDouble.driver)/kds_echo", "1\n")
      let finding = try #require(try bench.report(code: 1).problem("cores"))
      #expect(finding.found.hasPrefix("zocl is in echo mode (kds_echo)") && finding.fix?.hasPrefix("echo 0 |") == true)
    }
  }

  @Test("a port that is set to another width, an xclbin that is damaged, an old or missing library are failures")
  func furtherFailures() throws {
    try DoctorBench.with { bench in
      try bench.kernel.drop("/usr/lib/libxrt_core.so.2")
      #expect(try bench.report(code: 1).problem("versions")?.found == "libxrt_core.so.2 was not found")
      try bench.kernel.set("/usr/lib/libxrt_core.so.2.25.0", "")
      try bench.kernel.tree.link("/usr/lib/libxrt_core.so.2", to: "libxrt_core.so.2.25.0")
      let versions = try #require(try bench.report(code: 1).problem("versions"))
      #expect(versions.found.hasSuffix("only XRT 2.7 to 2.17 has what Zynq boards need"))
    }
    try DoctorBench.with { bench in
      let file = bench.overlay.folder.appendingPathComponent("overlay.xclbin")
      try Data(try Data(contentsOf: file).prefix(300)).write(to: file)
      let finding = try #require(try bench.report(code: 1).problem("xclbin"))
      #expect(
        finding.found.contains("overlay.xclbin") && finding.fix?.hasPrefix("take the xclbin that was built") == true)
    }
  }

  @Test("the report for a bug has what is needed, and nothing that says who or where a person is")
  func bundle() throws {
    try DoctorBench.with { bench in
      let kernel = bench.kernel
      try kernel.set("/etc/passwd", "root:x:0:0:r:/root:/bin/sh\nerika:x:1000:1000:E:/data/erika:/bin/sh\n")
      try kernel.set("/proc/sys/kernel/hostname", "ward-seven\n")
      try kernel.set("/etc/vart.conf", "firmware: /home/erika/secret/dpu.xclbin\n")
      try kernel.open("/dev/dri/renderD128", in: 77, named: "erika-viewer")
      try kernel.set("/dev/kmsg", "6,1,2,-;ward-seven zocl: probe of 00:0a:35:00:22:01 for erika\n")
      let folder = bench.overlay.folder.deletingLastPathComponent()
      let model = folder.appendingPathComponent("patient-doe.xmodel")
      try FileManager.default.copyItem(
        at: Repository.root.appendingPathComponent(FakeBoardRun.model), to: model)
      let file = folder.appendingPathComponent("report.json")
      let outcome = try bench.run(
        ["doctor", model.path, "--report", file.path],
        environment: ["HOME": "/data/erika", "USER": "erika", "HOSTNAME": "ward-seven"])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
      for word in ["erika", "ward-seven", "00:0a:35", "patient-doe", "secret", kernel.root] {
        #expect(!text.contains(word), "\(word)")
      }
      for word in ["<user>-viewer", "<host> zocl: probe of <mac> for <user>", "<home>", "<model>", "<root>"] {
        #expect(text.contains(word), "\(word)")
      }
      for word in ["0x1000020f6014407", "ZynqMP ZCU104 RevC", "5.15.19-xilinx-v2022.1", "2.13.0", "12V 13.90 W"] {
        #expect(text.contains(word), "\(word)")
      }
      try JSONPageTests.compare(text)
    }
    try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("fake.json").path
      _ = try FakeBoardRun.run(["doctor", "--report", file])
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(text.contains(#""detail": "fake libxrt""#) && text.contains("device: simulated (fake libxrt)"))
    }
  }

  @Test("a folder or a model that is not there is an error, not a finding")
  func unusable() throws {
    let folder = try BuiltProgram.run(["doctor", "--root", "/nowhere"])
    #expect(folder.code == 3)
    #expect(folder.messages == "dpu: error: /nowhere: there is no such folder; --root takes one that stands for /\n")
    #expect(try BuiltProgram.run(["doctor", "/nowhere.xmodel"]).code == 3)
    #expect(try BuiltProgram.run(["doctor", "--boards", "/nowhere"]).code == 3)
    #expect(try BuiltProgram.run(["doctor", "--report", "/nowhere/report.json"]).code == 3)
  }
}
