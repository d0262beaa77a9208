import Boards
import Foundation
import TestSupport
import Testing

@Suite struct DeviceTreeTests {
  @Test("reads nodes, properties, texts and cells")
  func reading() throws {
    let root = try DeviceTreeBlob.read(SampleOverlays.overlay().blob())
    #expect(root == SampleOverlays.overlay())
    let afi = try #require(root.nodes(compatibleWith: "xlnx,afi-fpga").first)
    #expect(afi.name == "afi0" && afi.cells("config-afi")?.count == 32 && afi.texts("compatible") == ["xlnx,afi-fpga"])
  }

  @Test("reads widths, clocks and the bitstream's name")
  func settings() throws {
    let settings = try OverlaySettings(of: SampleOverlays.overlay(widths: [4, 1, 5, 2, 14, 0x900, 15, 0x100]))
    #expect(settings.widths[.hp0] == AXIPortWidth(read: 64, write: 32))
    #expect(settings.widths[.hpm0] == AXIPortWidth(read: 64, write: 64))
    #expect(settings.widths[.hpm1] == AXIPortWidth(read: 128, write: 128))
    #expect(settings.widths[.hpm0LPD] == AXIPortWidth(read: 64, write: 64))
    #expect(settings.widths[.hp1] == nil)
    #expect(settings.clocks == [OverlaySettings.Clock(node: "clocking0", index: 0, hertz: 100_000_000)])
    #expect(settings.firmwareNames == ["dpu-overlay.bin"] && !settings.hasZocl)
  }

  @Test("passes over nodes that are switched off")
  func disabled() throws {
    let off = DeviceTreeNode(
      "", [DeviceTreeNode("zocl", texts: ["compatible": "xlnx,zocl", "status": "disabled"])])
    #expect(try !OverlaySettings(of: off).hasZocl)
  }

  @Test(
    "refuses widths that the driver does not know or that contradict each other",
    arguments: [
      ([0, 3], "register 0 is 3"), ([16, 0], "there is no register 16"), ([0], "expected pairs"),
      ([], "expected pairs"),
      ([14, 0x300], "register 14 is 768"), ([0, 0, 0, 1], "port HPC0 is set to 64 bit, elsewhere to 128 bit"),
    ] as [([UInt32], String)])
  func wrongWidths(widths: [UInt32], words: String) throws {
    let error = thrownError(BoardError.self) { try OverlaySettings(of: SampleOverlays.overlay(widths: widths)) }
    #expect(error?.code == .invalid && error?.message.contains(words) == true, "\(String(describing: error))")
  }

  @Test("a blob cut at any byte gives an error")
  func truncation() throws {
    let bytes = SampleOverlays.overlay().blob()
    for count in 0..<bytes.count {
      let error = thrownError(BoardError.self) { try DeviceTreeBlob.read(Array(bytes[..<count])) }
      #expect(error?.code == .malformed, "cut at \(count)")
    }
  }

  @Test("refuses nodes without bottom")
  func deep() throws {
    let deep = (0..<100).reduce(DeviceTreeNode("leaf")) { node, _ in DeviceTreeNode("n", [node]) }
    let error = thrownError(BoardError.self) { try DeviceTreeBlob.read(deep.blob()) }
    #expect(error?.message.contains("64 deep") == true)
  }
}
