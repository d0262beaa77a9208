import Devices
import Foundation
import TestSupport
import Testing
import XModel
import XRTDPU

struct XRTLibraryTests {
  @Test("a given path is the only place, otherwise the variable comes first")
  func candidates() {
    #expect(XRTLibrary.candidates(path: "/a/libx.so", xilinxXRT: "/b") == ["/a/libx.so"])
    #expect(XRTLibrary.candidates(path: "libx.so", xilinxXRT: nil) == ["./libx.so"])
    let usual = ["libxrt_core.so.2", "/opt/xilinx/xrt/lib/libxrt_core.so.2"]
    #expect(XRTLibrary.candidates(path: nil, xilinxXRT: nil) == usual)
    #expect(XRTLibrary.candidates(path: nil, xilinxXRT: "") == usual)
    #expect(XRTLibrary.candidates(path: nil, xilinxXRT: "/b") == ["/b/lib/libxrt_core.so.2"] + usual)
  }

  @Test("a fake board is known by its file, without being opened")
  func looksFake() throws {
    #expect(XRTLibrary.looksFake(FakeBoard.libraryPath))
    #expect(!XRTLibrary.looksFake("/usr/lib/x86_64-linux-gnu/libc.so.6"))
    #expect(!XRTLibrary.looksFake("libxrt_core.so.2"))
    #expect(!XRTLibrary.looksFake("/nowhere"))
  }

  @Test("without a board no library is opened but a fake one, and the reason is given")
  func noBoard() throws {
    let reason = DeviceError(.unavailable, "no board here")
    for path in [nil, "/usr/lib/x86_64-linux-gnu/libc.so.6", "/nowhere/libxrt_core.so.2"] {
      let error = thrownError(DeviceError.self) { try XRTLibrary.find(path: path, node: .failure(reason)) }
      #expect(error == reason)
    }
    #expect(try XRTLibrary.find(path: FakeBoard.libraryPath, node: .failure(reason)).isFake)
  }

  @Test("a library without a function is refused with the function's name")
  func incomplete() {
    let error = thrownError(DeviceError.self) { try XRTLibrary.load("libc.so.6") }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("has no function xclProbe, so it can't drive a board") == true)
    #expect(error?.message.contains("--xrt-library") == true)
  }

  @Test(
    "Debian's library for cards without cards is refused by the function that it lacks",
    .enabled(
      if: FileManager.default.fileExists(atPath: "/usr/lib/x86_64-linux-gnu/libxrt_noop.so.2"),
      "needs Debian's package libxrt1 on x86-64"))
  func noop() throws {
    let error = thrownError(DeviceError.self) { try XRTLibrary.load("/usr/lib/x86_64-linux-gnu/libxrt_noop.so.2") }
    #expect(error?.message.contains("libxrt_noop.so.2.13.0 has no function xclIPName2Index") == true)
  }

  @Test("whatever comes from a fake board says so, and never xrt")
  func fakeIsNamed() throws {
    let port = try FakeBoard().port(cores: 2)
    #expect(port.isFake)
    #expect(port.description == DeviceDescription(kind: "simulated", detail: "fake libxrt"))
    #expect(try DPUDevice(port).description == port.description)
  }

  @Test("a board says its core, how many, the library and the driver")
  func realIsNamed() {
    let detail = XRTPort.detail(
      Fingerprint(0x101_0000_1601_0407), coreCount: 2, ["/usr/lib/libxrt_core.so.2", "zocl 2.13.0", nil])
    #expect(detail == "ISA1 B4096, 2 cores, /usr/lib/libxrt_core.so.2, zocl 2.13.0")
  }
}
