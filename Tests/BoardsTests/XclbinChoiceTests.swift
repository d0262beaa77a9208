import Boards
import TestSupport
import Testing

@Suite struct XclbinChoiceTests {
  @Test("takes the option, the variable, the overlay, vart.conf and the built-in path in this order, and says which")
  func order() throws {
    try OverlayBench.with { bench in
      func choose(_ option: String? = nil, _ variable: String? = nil) throws -> XclbinChoice {
        try bench.control.chooseXclbin(option: option, environment: variable)
      }
      #expect(try choose("/a.xclbin", "/b.xclbin").words == "xclbin /a.xclbin, given by --xclbin")
      #expect(try choose(nil, "/b.xclbin").words == "xclbin /b.xclbin, from the variable XLNX_VART_FIRMWARE")
      #expect(
        try choose(nil, "").words == "xclbin \(bench.kernel.root)/run/media/mmcblk0p1/dpu.xclbin, from /etc/vart.conf")
      try bench.load()
      let loaded = try choose()
      #expect(loaded.source == .overlay && loaded.path == bench.folder.path + "/overlay.xclbin")
      #expect(loaded.warnings.first?.contains("/run/media/mmcblk0p1/dpu.xclbin instead") == true)
      #expect(try choose("/a.xclbin").warnings.isEmpty)
      _ = try bench.control.unload()
      try bench.kernel.drop("/etc/vart.conf")
      let error = thrownError(BoardError.self) { try choose() }
      #expect(error?.code == .unavailable && error?.message.contains("load an overlay first") == true)
      try bench.kernel.set("/usr/lib/dpu.xclbin", "")
      #expect(try choose().source == .builtIn)
    }
  }

  @Test(
    "reads vart.conf in the forms that its writers give it",
    arguments: ["firmware: /x.xclbin\n", "firmware:/x.xclbin", "# note\nfirmware : /x.xclbin  \n"])
  func vartConfiguration(text: String) throws {
    try OverlayBench.with { bench in
      try bench.kernel.set("/etc/vart.conf", text)
      #expect(try bench.control.chooseXclbin(option: nil, environment: nil).path == bench.kernel.root + "/x.xclbin")
    }
  }
}
