import Boards
import Foundation
import TestSupport
import Testing

@Suite struct OverlayLoadingTests {
  @Test("programs the PL, sets clocks and widths, records it, and leaves no other file")
  func byDeviceTree() throws {
    try OverlayBench.with { bench in
      let loaded = try bench.load()
      #expect(bench.kernel.image == SampleBitstreams.turned(SampleBitstreams.data()))
      #expect(loaded.record.programmedBy == .deviceTree && !loaded.wasThere && loaded.record.board == "zcu104")
      #expect(loaded.record.xclbinUUID == "10111213-1415-1617-1819-1a1b1c1d1e1f")
      #expect(loaded.record.bootID.hasPrefix("5b0fb4a2") && loaded.record.time.hasSuffix("Z"))
      #expect(loaded.record.bitstream?.sha256.count == 64)
      #expect(bench.control.plState() == .recorded(loaded.record))
      #expect(bench.leftovers == ["dpu", "overlay.json", "afi0", "clocking0"])
      #expect(try bench.refusal() == nil)
      let status = bench.control.status()
      #expect(status.widths[.hp3] == AXIPortWidth(read: 128, write: 128) && status.widths[.hpm0LPD]?.read == 32)
      #expect(status.clocks.map(\.hertz) == [100_000_000] && status.clocks.map(\.stated.index) == [0])
      #expect(status.overlays.map(\.status) == ["applied"] && status.model == "ZynqMP ZCU104 RevC" && status.hasZocl)
    }
  }

  @Test("programs by fpga_manager first where the overlay names no bitstream, and waits through its states")
  func byManager() throws {
    try OverlayBench.with { bench in
      try bench.put(tree: SampleOverlays.overlay(firmware: nil))
      bench.kernel.programsInBackground = true
      #expect(try bench.load().record.programmedBy == .fpgaManager)
      let log = bench.kernel.log.map { $0.split(separator: "/").last.map(String.init) ?? "" }
      let order = ["dpu-overlay.bin", "flags", "firmware", "dpu", "dtbo", "overlay.json"]
      #expect(order.map { log.firstIndex(of: $0) ?? -1 } == order.map { log.firstIndex(of: $0) ?? -2 }.sorted())
      #expect(bench.kernel.image == SampleBitstreams.turned(SampleBitstreams.data()))
      #expect(try bench.refusal() == nil)
    }
  }

  @Test("programs by an fpga_manager without flags")
  func withoutFlags() throws {
    try OverlayBench.with { bench in
      try bench.put(tree: SampleOverlays.overlay(firmware: nil))
      try bench.kernel.drop("/sys/class/fpga_manager/fpga0/flags")
      #expect(try bench.load().record.programmedBy == .fpgaManager)
      #expect(!bench.kernel.exists("/sys/class/fpga_manager/fpga0/flags"))
    }
  }

  @Test("waits for the status of a device-tree overlay")
  func lateStatus() throws {
    try OverlayBench.with { bench in
      bench.kernel.appliesInBackground = true
      try bench.load()
      #expect(try bench.refusal() == nil)
    }
  }

  @Test("does nothing where the same is loaded, unless told to")
  func again() throws {
    try OverlayBench.with { bench in
      try bench.load()
      let changes = bench.kernel.changeCount
      #expect(try bench.load().wasThere)
      #expect(bench.kernel.changeCount == changes)
      #expect(try !bench.load(isForced: true).wasThere)
      try bench.put(uuid: 0x40)
      let loaded = try bench.load()
      #expect(!loaded.wasThere && loaded.record.xclbinUUID.hasPrefix("40414243"))
    }
  }

  @Test("two loads at once: the second is refused, and changes nothing")
  func twoAtOnce() throws {
    try OverlayBench.with { bench in
      let hold = try bench.kernel.hold("/sys/class/fpga_manager/fpga0")
      let changes = bench.kernel.changeCount
      let error = thrownError(BoardError.self) { try bench.load() }
      #expect(error?.code == .refused && error?.message.contains("another 'dpu overlay' is at work") == true)
      #expect(bench.kernel.changeCount == changes)
      withExtendedLifetime(hold) {}
    }
    try OverlayBench.with { bench in
      do { _ = try bench.kernel.hold("/sys/class/fpga_manager/fpga0") }
      try bench.load()
      #expect(try bench.control.unload() == "the device-tree overlay 'dpu'")
    }
  }

  @Test("never writes /etc/vart.conf")
  func vartConfiguration() throws {
    try OverlayBench.with { bench in
      try bench.load()
      _ = try bench.control.unload()
      #expect(bench.kernel.line("/etc/vart.conf") == "firmware: /run/media/mmcblk0p1/dpu.xclbin")
      #expect(!bench.kernel.log.contains { $0.contains("vart") })
    }
  }

  @Test("refuses what would hang or mislead, before anything is changed", arguments: LoadRefusal.table)
  func refusals(_ refusal: LoadRefusal) throws {
    try OverlayBench.with(seconds: 1) { bench in
      try refusal.arrange(bench)
      let changes = bench.kernel.changeCount
      let error = thrownError(BoardError.self) { try bench.load() }
      #expect(error?.code == refusal.code, "\(String(describing: error))")
      #expect(error?.description.contains(refusal.words) == true, "\(String(describing: error))")
      #expect(bench.kernel.changeCount == changes, "\(bench.kernel.log)")
    }
  }

  @Test("unloads, and then counts the PL as unknown")
  func unloading() throws {
    try OverlayBench.with { bench in
      let nothing = thrownError(BoardError.self) { try bench.control.unload() }
      #expect(nothing?.code == .unavailable)
      try bench.load()
      try bench.kernel.set("/sys/kernel/config/device-tree/overlays/later/status", "applied\n")
      let order = thrownError(BoardError.self) { try bench.control.unload() }
      #expect(
        order?.message.contains("reverse order, and later came after ours") == true, "\(String(describing: order))")
      try bench.kernel.drop("/sys/kernel/config/device-tree/overlays/later")
      #expect(try bench.control.unload() == "the device-tree overlay 'dpu'")
      #expect(bench.leftovers == [])
      #expect(try bench.refusal()?.contains("what is unknown") == true)
    }
  }
}

/// Something that is wrong, and what must be said of it.
struct LoadRefusal: CustomTestStringConvertible {
  let testDescription: String
  let code: BoardError.Code
  let words: String
  let arrange: @Sendable (OverlayBench) throws -> Void

  init(
    _ name: String, _ code: BoardError.Code, _ words: String,
    _ arrange: @escaping @Sendable (OverlayBench) throws -> Void
  ) {
    testDescription = name
    self.code = code
    self.words = words
    self.arrange = arrange
  }

  private static func remove(_ suffix: String) -> @Sendable (OverlayBench) throws -> Void {
    { try FileManager.default.removeItem(at: $0.folder.appendingPathComponent("overlay\(suffix)")) }
  }

  static let table: [LoadRefusal] = [
    LoadRefusal("no PL", .unavailable, "there is no PL to load an overlay into") {
      try $0.kernel.drop("/sys/class/fpga_manager/fpga0")
    },
    LoadRefusal("another board", .refused, "for the ZCU104, but this machine is 'Avnet Ultra96 Rev1'") {
      try $0.kernel.become(model: "Avnet Ultra96 Rev1", ["avnet,ultra96-rev1", "avnet,ultra96", "xlnx,zynqmp"])
    },
    LoadRefusal("another part", .refused, "is for the part xczu3eg-sbva484-1-i, but the ZCU104 has xczu7ev") {
      try $0.put(bitstream: SampleBitstreams.bit(part: "xczu3eg-sbva484-1-i"))
    },
    LoadRefusal("partial bitstream", .invalid, "a part of the PL only") {
      try $0.put(bitstream: SampleBitstreams.bit(design: "slot;PARTIAL=TRUE"))
    },
    LoadRefusal("a user of the render node", .refused, "pull the PL from under python3 (4711); stop it first") {
      try $0.kernel.set("/proc/4711/comm", "python3\n")
      try $0.kernel.set("/proc/4711/fd/0", "")
      try FileManager.default.createSymbolicLink(
        atPath: $0.kernel.root + "/proc/4711/fd/7", withDestinationPath: "/dev/dri/renderD128")
    },
    LoadRefusal("wrong widths", .refused, "port HP0 is set to 64 bit, but the design needs 128 bit") {
      var widths = SampleOverlays.usualWidths
      widths[9] = 1
      widths[11] = 1
      try $0.put(tree: SampleOverlays.overlay(widths: widths))
    },
    LoadRefusal("widths of a port that is used are missing", .refused, "the width of port HP1") {
      try $0.put(tree: SampleOverlays.overlay(widths: [0, 0, 1, 0, 4, 0, 5, 0, 14, 0xA00, 15, 0]))
    },
    LoadRefusal("a bitstream's name that leads out of the folder", .invalid, "expected one name below /lib/firmware") {
      try $0.put(tree: SampleOverlays.overlay(firmware: "../../etc/shadow"))
    },
    LoadRefusal("no xclbin", .unavailable, "holds no xclbin", remove(".xclbin")),
    LoadRefusal("no bitstream", .unavailable, "holds no bitstream", remove(".bit")),
    LoadRefusal(
      "no device-tree overlay", .unavailable, "holds no device-tree overlay (.dtbo), so PL clocks", remove(".dtbo")),
    LoadRefusal("two xclbins", .invalid, "holds several xclbins: other.xclbin, overlay.xclbin") {
      try Data().write(to: $0.folder.appendingPathComponent("other.xclbin"))
    },
    LoadRefusal("two bitstreams that differ", .invalid, "are different bitstreams") {
      try Data(SampleBitstreams.data(seed: 1)).write(to: $0.folder.appendingPathComponent("overlay.bin"))
    },
    LoadRefusal("damaged xclbin", .malformed, "overlay.xclbin: xclbin: the file is empty") {
      try Data().write(to: $0.folder.appendingPathComponent("overlay.xclbin"))
    },
    LoadRefusal("dfx-mgr at work", .refused, "dfx-mgr runs here and programs the PL") { bench in
      _ = try DFXManagerTests.install("app", bench)
    },
  ]
}
