import Boards
import Commands
import Foundation
import TestSupport
import Testing
import XRTDPU

/// Symptoms of boards that are not set up as they should be.
enum BoardSymptoms {
  /// 7: temperature and rails beside the advice; a clock that is not what was asked for is refused.
  static func randomTimeouts() throws {
    try DoctorBench.with { bench in
      let rails = try bench.report(code: 0).findings(of: "rails")
      #expect(
        rails.first?.found
          == "12V 13.90 W, PS (LPD) 41.3 °C. Jobs that time out at random under load point here: watch these values and "
          + "the clocks meanwhile")
      let clocks = "/sys/bus/platform/drivers/xilinx_fclk"
      for clock in bench.kernel.list(clocks) { try bench.kernel.set("\(clocks)/\(clock)/set_rate", "150000000\n") }
      let clock = try #require(try bench.report(code: 1).problem("clocks"))
      #expect(clock.state == "failed" && clock.found == "PL clock 0 is 150.000 MHz, asked for 100.000 MHz")
      #expect(clock.fix == "load the overlay again: dpu overlay load BOARD-OR-DIR")
    }
    try OverlayBench.with { overlay in
      overlay.kernel.hertz = 150_000_000
      let error = thrownError(BoardError.self) { try overlay.load() }
      #expect(error?.message.contains("but the kernel has set 150000000 Hz") == true)
    }
  }

  /// 9: module, node, permission, the folder that XRT needs: the first that is missing.
  static func noDevice() throws {
    func first(_ change: (KernelDouble) throws -> Void) throws -> DoctorBench.Report.Finding {
      try DoctorBench.with { bench in
        try change(bench.kernel)
        return try #require(try bench.report(code: 4).findings.first { $0.state == "failed" })
      }
    }
    let module = try first { kernel in
      try kernel.drop("/sys/module/zocl")
      try kernel.set("/proc/modules", "xlnx_vcu 1 0\n")
      try kernel.drop("\(KernelDouble.driver)/driver")
    }
    #expect(module.check == "module")
    #expect(module.found == "the kernel module zocl is not loaded (kernel 5.15.19-xilinx-v2022.1)")
    #expect(
      module.fix?.hasPrefix("sudo modprobe zocl; where there is none: take PYNQ's, Kria's or AMD's image") == true)
    let node = try first { kernel in
      try kernel.drop("\(KernelDouble.driver)/driver")
      try kernel.drop("/sys/firmware/devicetree/base/axi")
    }
    #expect(node.check == "node" && node.found.contains("renderD128 belongs to no driver"))
    #expect(node.found.hasSuffix("; the device tree has no node zyxclmm_drm (compatible xlnx,zocl)"))
    #expect(node.fix?.hasPrefix("load the DPU overlay ('dpu overlay load BOARD-OR-DIR')") == true)
    let file = try first { try $0.drop("/dev/dri/renderD128") }
    #expect(file.check == "node" && file.fix == "sudo udevadm trigger")
    let folder = try first { try $0.drop("/dev/dri/by-path") }
    #expect(folder.check == "node" && folder.fix?.hasPrefix("sudo mkdir -p /dev/dri/by-path") == true)
    try DoctorBench.with { bench in
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o660], ofItemAtPath: bench.kernel.root + "/dev/dri/renderD128")
      var place = BoardPlace()
      place.root = bench.kernel.root
      place.user = RenderNode.User(number: 4_000_000, groups: [4_000_001])
      let report = DoctorReport(BoardSnapshot(place, catalogue: nil), model: nil)
      #expect(report.code == .noDevice)
      let finding = try #require(report.failures.first)
      #expect(
        finding.check == .permission
          && finding.found.hasPrefix("no permission to use /dev/dri/renderD128: its mode is 660"))
      #expect(finding.fix?.hasPrefix("sudo usermod -aG render $USER, then log in again") == true)
    }
  }

  /// 10: the cores that zocl has, and both versions.
  static func coreNotFound() throws {
    try DoctorBench.with { bench in
      try bench.kernel.load(uuid: bench.uuid.description, cores: [(0, "DPUCZDX8G:DPUCZDX8G_2", "0x80050000")])
      let finding = try #require(try bench.report(code: 1).problem("cores"))
      #expect(
        finding.found
          == "zocl has no core DPUCZDX8G:DPUCZDX8G_1, it knows DPUCZDX8G:DPUCZDX8G_2; libxrt 2.13.0, zocl 2.13.0")
      #expect(finding.fix == "load the overlay again; install libxrt and zocl of one release")
      try bench.kernel.set("/sys/module/zocl/version", "2.8.0\n")
      let versions = try #require(try bench.report(code: 1).problem("versions"))
      #expect(versions.state == "warning" && versions.found.contains("zocl 2.8.0: of different releases"))
    }
    let report = try FakeBoardRun.doctor(json: #", "missingCores": ["DPUCZDX8G:DPUCZDX8G_1"]"#, code: 1)
    #expect(report.problem("cores")?.found.contains("the driver has no core DPUCZDX8G:DPUCZDX8G_1") == true)
    #expect(report.problem("cores")?.fix == "load the overlay again; install libxrt and zocl of one release")
  }

  /// 11: XRT is not opened over a PL of which nothing is known, and no job is started.
  static func kernelOops() throws {
    try DoctorBench.with { bench in
      try bench.kernel.drop("/run/dpu/overlay.json")
      let xclbin = ["--xclbin", bench.overlay.folder.appendingPathComponent("overlay.xclbin").path]
      let report = try bench.report(xclbin, code: 1)
      let state = try #require(report.problem("PL"))
      #expect(state.found.contains("an xclbin over another design crashes the kernel") && state.state == "failed")
      #expect(state.fix?.hasPrefix("dpu overlay load BOARD-OR-DIR; or --assume-programmed") == true)
      #expect(report.problem("xclbin")?.found.contains("programmed, but with what is unknown") == true)
      #expect(try bench.overlay.refusal()?.contains("say --assume-programmed if you know") == true)
      // A PL that holds another design than the xclbin says.
      try bench.overlay.load()
      #expect(try bench.overlay.refusal() == nil)
      #expect(try bench.overlay.refusal(uuid: 0x40)?.contains("does not belong to the design in the PL") == true)
    }
  }

  /// 12: who has the DPU.
  static func contextRefused() throws {
    for number in [EINVAL, EBUSY] {
      let report = try FakeBoardRun.doctor(json: #", "contextErrno": \#(number)"#, code: 1)
      let finding = try #require(report.problem("cores"))
      #expect(finding.found.contains("core DPUCZDX8G:DPUCZDX8G_1 can't be opened; another process may own the DPU"))
      #expect(finding.fix == "end the process that is named, or wait for it")
    }
    try DoctorBench.with { bench in
      try bench.kernel.open("/dev/dri/renderD128", in: 77, named: "python3")
      let finding = try #require(try bench.report(code: 0).problem("users"))
      #expect(finding.found == "/dev/dri/renderD128 is used by process 77 (python3)")
    }
  }

  /// 13: who holds the lock.
  static func waitsForLock() throws {
    try DoctorBench.with { bench in
      try bench.kernel.open("/tmp/DPU_0", in: 78, named: "resnet50")
      let finding = try #require(try bench.report(code: 0).problem("users"))
      #expect(finding.found.hasPrefix("the lock DPU_0 of AMD's runtime is held by process 78 (resnet50)"))
      #expect(finding.found.hasSuffix("dpu takes no such lock") && finding.fix == "end that process")
    }
  }

  /// 16: told once for each board; heat is a failure, and another board's overlay is refused.
  static func boardResets() throws {
    try DoctorBench.with { bench in
      let words = try bench.run(["doctor"]).output
      #expect(words.components(separatedBy: "the regulator of INT can trip and reset the board").count == 2)
      #expect(words.contains("which this program never does"))
      try bench.kernel.set("/sys/class/hwmon/hwmon0/temp3_input", "91000\n")
      let heat = try #require(try bench.report(code: 1).problem("rails"))
      #expect(heat.found.hasPrefix("PL 91.0 °C") && heat.fix == "cool the board, or lower the DPU's clock")
      try bench.kernel.become(model: "Avnet Ultra96 Rev1", ["avnet,ultra96-rev1", "avnet,ultra96", "xlnx,zynqmp"])
      #expect(
        try bench.run(["doctor"]).output.contains("the board can reset under DPU load, when its supply gives way"))
      let error = thrownError(BoardError.self) { try bench.overlay.load(isForced: true) }
      #expect(error?.code == .refused)
      #expect(error?.message.contains("but this machine is 'Avnet Ultra96 Rev1'") == true)
    }
  }

  /// 17: the file is not needed, and that it names something else is told.
  static func configurationFight() throws {
    try DoctorBench.with { bench in
      try bench.kernel.set("/etc/vart.conf", "firmware: /usr/lib/dpu.xclbin\n")
      let finding = try #require(try bench.report(code: 0).problem("configuration"))
      #expect(finding.state == "warning")
      #expect(finding.found.contains("(of the overlay that is loaded (/run/dpu/overlay.json))"))
      #expect(finding.found.contains("/etc/vart.conf names \(bench.kernel.root)/usr/lib/dpu.xclbin instead"))
      #expect(finding.found.hasSuffix("dfx-mgr and PYNQ both write that file; dpu neither needs nor writes it"))
    }
  }

  /// 18: the state, what it points to, and the kernel's last words.
  static func notOperating() throws {
    try DoctorBench.with { bench in
      let log =
        "6,1234,5678,-;fpga_manager fpga0: Error while writing image data to FPGA\n6,1235,5679,-;eth0: link up\n"
      try bench.kernel.set("/dev/kmsg", log)
      try bench.kernel.setState("write error")
      let finding = try #require(try bench.report(code: 1).problem("PL"))
      #expect(
        finding.found.hasPrefix(
          "the PL is not programmed (fpga_manager: write error); the bitstream is for another part"))
      #expect(
        finding.found.hasSuffix("the kernel's last words: fpga_manager fpga0: Error while writing image data to FPGA"))
      #expect(finding.fix == "dpu overlay load BOARD-OR-DIR")
      try bench.kernel.setState("unknown")
      #expect(try bench.report(code: 1).problem("PL")?.found.contains("(fpga_manager: unknown)") == true)
    }
  }

  /// 19: that it is loaded already.
  static func sameUUID() throws {
    try DoctorBench.with { bench in
      try bench.loadDriver()
      let report = try bench.report(code: 0)
      #expect(
        report.findings(of: "xclbin").map(\.found).contains {
          $0.hasPrefix("zocl holds this xclbin already: loading it again changes nothing")
        })
      #expect(try bench.overlay.load().wasThere)
      try bench.kernel.load(uuid: "ffffffff-ffff-ffff-ffff-ffffffffffff", cores: [])
      let other = try #require(try bench.report(code: 0).problem("xclbin"))
      #expect(other.found.hasPrefix("zocl holds another xclbin, ffffffff-ffff-ffff-ffff-ffffffffffff"))
    }
  }
}
