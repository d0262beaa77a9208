import Boards
import Foundation
import TestSupport
import Testing

/// Whether an xclbin may be used over what the PL holds.
@Suite struct FirstJobTests {
  @Test(
    "is refused over a PL that is not programmed, whatever anyone vouches for",
    arguments: ["unknown", "power off", "write error"])
  func notProgrammed(state: String) throws {
    try OverlayBench.with { bench in
      try bench.kernel.setState(state)
      for assumes in [false, true] {
        let words = try bench.refusal(assumesProgrammed: assumes)
        #expect(words?.contains("not programmed (fpga_manager: \(state))") == true, "\(words ?? "allowed")")
        #expect(words?.contains("dpu overlay load") == true)
      }
    }
  }

  @Test("is refused without an fpga_manager")
  func absent() throws {
    try OverlayBench.with { bench in
      try bench.kernel.drop("/sys/class/fpga_manager")
      #expect(try bench.refusal(assumesProgrammed: true)?.contains("no fpga_manager") == true)
    }
  }

  @Test("is refused over another design than the xclbin's")
  func different() throws {
    try OverlayBench.with { bench in
      try bench.load()
      let words = try bench.refusal(uuid: 0x40)
      #expect(words?.contains("40414243-4445-4647-4849-4a4b4c4d4e4f does not belong to the design in the PL") == true)
      #expect(words?.contains("loaded with 10111213") == true)
    }
  }

  @Test("is refused over a PL that somebody else programmed, unless a person vouches for it")
  func unknown() throws {
    try OverlayBench.with { bench in
      try bench.kernel.setState("operating")
      #expect(try bench.refusal()?.contains("say --assume-programmed if you know") == true)
      let xclbin = try OverlayBench.xclbin()
      let warnings = try bench.control.checkFirstJob(xclbin, board: bench.board(), assumesProgrammed: true)
      #expect(warnings.count == 2 && warnings[1].contains("is not set by any xlnx,afi-fpga node"), "\(warnings)")
    }
  }

  @Test("is refused over widths that are wrong, even where a person vouches for the PL")
  func wrongWidths() throws {
    try OverlayBench.with { bench in
      try bench.load()
      var widths = SampleOverlays.usualWidths
      widths[9] = 2
      try bench.kernel.set(
        "/sys/firmware/devicetree/base/fpga-full/afi0/config-afi", widths.flatMap { highestByteFirst(Int($0)) })
      let words = try bench.refusal(assumesProgrammed: true)
      #expect(words?.contains("port HP0 is set to read 32 bit, write 128 bit") == true, "\(words ?? "allowed")")
    }
  }

  @Test("is refused over widths that nothing sets")
  func unknownWidths() throws {
    try OverlayBench.with { bench in
      try bench.load()
      try bench.kernel.drop("/sys/firmware/devicetree/base/fpga-full/afi0")
      let words = try bench.refusal()
      #expect(words?.contains("width of port HPC0, which a DPU core uses, is not set") == true, "\(words ?? "allowed")")
      #expect(words?.contains("--assume-programmed") == true)
    }
  }

  @Test("wants the widths of all of the board's ports where the xclbin's banks are no ports")
  func untaggedBanks() throws {
    try OverlayBench.with { bench in
      try bench.load()
      let xclbin = try OverlayBench.xclbin(tag: { _ in "PSDDR" })
      let board = try bench.board()
      _ = try bench.control.checkFirstJob(xclbin, board: board)
      let widths = SampleOverlays.usualWidths.enumerated().map { $0.offset == 11 ? 1 : $0.element }
      try bench.kernel.set(
        "/sys/firmware/devicetree/base/fpga-full/afi0/config-afi", widths.flatMap { highestByteFirst(Int($0)) })
      let error = thrownError(BoardError.self) { try bench.control.checkFirstJob(xclbin, board: board) }
      #expect(
        error?.message.contains("port HP0 is set to read 128 bit, write 64 bit") == true, "\(String(describing: error))"
      )
    }
  }

  @Test("is allowed over a PL that a person vouched for, with a warning each time")
  func assumed() throws {
    try OverlayBench.with { bench in
      for suffix in ["bit", "dtbo"] {
        try FileManager.default.removeItem(at: bench.folder.appendingPathComponent("overlay.\(suffix)"))
      }
      let board = try bench.board()
      let early = thrownError(BoardError.self) { try bench.control.assume(folder: bench.folder.path, board: board) }
      #expect(early?.code == .refused && early?.message.contains("can't be assumed") == true)
      try bench.kernel.setState("operating")
      let record = try bench.control.assume(folder: bench.folder.path, board: board).record
      #expect(record.programmedBy == .assumed && bench.control.plState() == .recorded(record))
      let warnings = try bench.control.checkFirstJob(OverlayBench.xclbin(), board: board)
      #expect(warnings.first?.contains("vouched for") == true, "\(warnings)")
      #expect(try bench.refusal(uuid: 0x40) != nil)
    }
  }

  @Test("nobody can vouch for another design than the one that is loaded, or on another board")
  func falseAssumptions() throws {
    try OverlayBench.with { bench in
      let folder = bench.folder.path
      try bench.load()
      let board = try bench.board()
      let loaded = thrownError(BoardError.self) { try bench.control.assume(folder: folder, board: board) }
      #expect(loaded?.code == .refused && loaded?.message.contains("there is nothing to assume") == true)
      let other = try bench.board("kv260")
      let elsewhere = thrownError(BoardError.self) { try bench.control.assume(folder: folder, board: other) }
      #expect(elsewhere?.message.contains("for the Kria KV260, but this machine is 'ZynqMP ZCU104") == true)
    }
  }

  @Test("warns where the board is not in the catalogue, since nothing tells which widths are right")
  func unknownBoard() throws {
    try OverlayBench.with { bench in
      try bench.load()
      let warnings = try bench.control.checkFirstJob(OverlayBench.xclbin(), board: nil)
      #expect(warnings.first?.contains("port widths can't be compared") == true, "\(warnings)")
    }
  }

  @Test("does not trust a record that events have overtaken", arguments: Overtaken.table)
  func overtaken(_ event: Overtaken) throws {
    try OverlayBench.with { bench in
      try bench.load()
      #expect(try bench.refusal() == nil)
      try event.happen(bench)
      guard case .unknown(let reason) = bench.control.plState() else {
        Issue.record("the record is still trusted")
        return
      }
      #expect(reason.contains(event.words), "\(reason)")
      #expect(try bench.refusal() != nil)
    }
  }
}

/// Something that happens after a load.
struct Overtaken: CustomTestStringConvertible {
  let testDescription: String
  let words: String
  let happen: @Sendable (OverlayBench) throws -> Void

  init(_ name: String, _ words: String, _ happen: @escaping @Sendable (OverlayBench) throws -> Void) {
    testDescription = name
    self.words = words
    self.happen = happen
  }

  static let table: [Overtaken] = [
    Overtaken("another boot", "is of an earlier boot") {
      try $0.kernel.set("/proc/sys/kernel/random/boot_id", "00000000-0000-0000-0000-000000000001\n")
    },
    Overtaken("overlay removed", "removed or replaced the overlay 'dpu'") {
      try $0.kernel.drop("/sys/kernel/config/device-tree/overlays/dpu")
    },
    Overtaken("overlay replaced", "removed or replaced the overlay 'dpu'") {
      let other = SampleOverlays.overlay(hertz: 50_000_000).blob()
      try $0.kernel.set("/sys/kernel/config/device-tree/overlays/dpu/dtbo", other)
    },
    Overtaken("overlay out of force", "removed or replaced the overlay 'dpu'") {
      try $0.kernel.set("/sys/kernel/config/device-tree/overlays/dpu/status", "unapplied\n")
    },
    Overtaken("record damaged", "is not a record of an overlay") {
      try $0.kernel.set("/run/dpu/overlay.json", "{\"schema\"")
    },
    Overtaken("record of another form", "is not a record of an overlay") {
      let text = $0.kernel.root + "/run/dpu/overlay.json"
      let later = try String(contentsOfFile: text, encoding: .utf8).replacingOccurrences(
        of: "overlay/1", with: "overlay/2")
      try $0.kernel.set("/run/dpu/overlay.json", later)
    },
  ]
}
