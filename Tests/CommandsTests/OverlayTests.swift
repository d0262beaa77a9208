import Boards
import Foundation
import TestSupport
import Testing

/// `dpu overlay` on folders that stand for a board's root; a thread plays the kernel's part.
@Suite struct OverlayTests {
  /// The object that a run printed.
  private func json(_ outcome: BuiltProgram.Outcome) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any],
      "\(outcome.output)\(outcome.messages)")
  }

  /// What stands at a path of names.
  private func found(_ object: [String: Any], _ path: String) -> Any? {
    path.split(separator: ".").reduce(object as Any?) { ($0 as? [String: Any])?[String($1)] }
  }

  private func value(_ object: [String: Any], _ path: String) -> String {
    found(object, path).map { "\($0)" } ?? "nothing"
  }

  private func flag(_ object: [String: Any], _ path: String) -> Bool? { found(object, path) as? Bool }

  private func count(_ object: [String: Any], _ name: String) -> Int { (object[name] as? [Any])?.count ?? 0 }

  /// Runs an action on a bench's tree.
  private func run(_ bench: OverlayBench, _ arguments: String...) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["overlay"] + arguments + ["--root", bench.kernel.root])
  }

  @Test("loads, tells what is there, does nothing twice, and unloads")
  func life() throws {
    try OverlayBench.with { bench in
      let folder = URL(fileURLWithPath: bench.kernel.root + "/lib/firmware/dpu/zcu104")
      try bench.put(in: folder)
      let before = try json(run(bench, "status", "--json"))
      #expect(value(before, "schema") == "dpu.overlay-status/1" && value(before, "board") == "zcu104")
      #expect(value(before, "pl.state") == "not-programmed" && flag(before, "first_job.allowed") == false)
      let loaded = try bench.kernel.playing { try run(bench, "load", "zcu104", "--json") }
      #expect(loaded.code == 0, "\(loaded)")
      let record = try json(loaded)
      #expect(value(record, "record.programmed_by") == "device-tree" && value(record, "record.board") == "zcu104")
      #expect(count(record, "cores") == 2 && flag(record, "was_loaded") == false)
      #expect(loaded.messages.contains("dpu: warning: under heavy DPU load the regulator"), "\(loaded.messages)")
      let after = try json(run(bench, "status", "--json"))
      #expect(value(after, "pl.state") == "loaded" && flag(after, "first_job.allowed") == true, "\(after)")
      #expect(value(after, "xclbin.source").contains("/run/dpu/overlay.json"))
      let text = try run(bench, "status")
      for line in [
        "machine    ZynqMP ZCU104 RevC, board 'zcu104'", "overlay    dpu: applied",
        "clock      PL clock 0: 100.000 MHz asked for by the device tree, 100.000 MHz set",
        "ports      HPC0 128 bit, HPC1 128 bit,", "driver     zocl", "first job  allowed",
      ] { #expect(text.output.contains(line), "\(text.output)") }
      #expect(try run(bench, "load", "zcu104").output.hasPrefix("already loaded: "))
      try bench.kernel.emptyOverlays()
      let unloaded = try run(bench, "unload")
      #expect(unloaded.code == 0 && unloaded.output.hasPrefix("unloaded: the device-tree overlay 'dpu'"), "\(unloaded)")
      #expect(try value(json(run(bench, "status", "--json")), "pl.state") == "unknown")
      #expect(try run(bench, "unload").code == 4)
    }
  }

  @Test("a load that fails says so in one line and leaves nothing")
  func failure() throws {
    try OverlayBench.with { bench in
      bench.kernel.overlayStatus = "unapplied"
      let outcome = try bench.kernel.playing { try run(bench, "load", bench.folder.path, "-q") }
      #expect(outcome.code == 5 && outcome.output.isEmpty)
      #expect(outcome.messages.split(separator: "\n").count == 1, "\(outcome.messages)")
      #expect(outcome.messages.contains("its status is 'unapplied', expected 'applied'"), "\(outcome.messages)")
      #expect(!bench.kernel.exists("/run/dpu/overlay.json"))
      #expect(bench.kernel.list("/lib/firmware") == ["xilinx"])
    }
  }

  @Test("lists boards and overlays, and marks the one that is loaded")
  func list() throws {
    try OverlayBench.with { bench in
      let folder = URL(fileURLWithPath: bench.kernel.root + "/lib/firmware/dpu/mine")
      try bench.put(in: folder)
      _ = try bench.control.load(OverlayPackage(folder: folder.path), board: bench.board())
      try bench.kernel.set("/lib/firmware/xilinx/broken/broken.xclbin", "xclbin3")
      let text = try run(bench, "list").output
      for words in [
        "ZCU104 (this machine)", "DPUCZDX8G_ISA0_B4096_MAX_BG2 (Vitis AI 1.3 to 2.0)",
        "mine: 2 DPU cores, xclbin 10111213",
      ] {
        #expect(text.contains(words), "\(text)")
      }
      #expect(text.contains("1e1f; loaded\n") && text.contains("broken: its xclbin can't be used"), "\(text)")
      let object = try json(run(bench, "list", "--json"))
      #expect(value(object, "this_board") == "zcu104" && count(object, "boards") == 3)
      let boards = try #require(object["boards"] as? [[String: Any]])
      let images = try #require(boards.last?["images"] as? [[String: Any]])
      #expect(images.first?["arch_json"] as? String == #"{"fingerprint":"0x1000020F6014407"}"#)
    }
  }

  @Test("notes an assumption without touching anything")
  func assumption() throws {
    try OverlayBench.with { bench in
      let refused = try run(bench, "load", bench.folder.path, "--assume-programmed")
      #expect(refused.code == 1 && refused.messages.contains("can't be assumed to be programmed"), "\(refused)")
      try bench.kernel.setState("operating")
      let outcome = try run(bench, "load", bench.folder.path, "--assume-programmed")
      #expect(outcome.code == 0 && outcome.output.hasPrefix("assumed to be loaded: "), "\(outcome)")
      #expect(outcome.messages.contains("nothing was programmed or checked"))
      #expect(bench.kernel.image == nil)
      #expect(try value(json(run(bench, "status", "--json")), "pl.state") == "assumed")
    }
  }

  @Test("says where a board's files belong that are not there yet")
  func missing() throws {
    try OverlayBench.with { bench in
      let outcome = try run(bench, "load", "kv260")
      #expect(outcome.code == 4)
      #expect(
        outcome.messages.contains("/lib/firmware/dpu/kv260: there is no overlay for the Kria KV260 yet"), "\(outcome)")
      #expect(outcome.messages.contains("board-overlays/kv260/README.md says where they come from"))
    }
  }

  @Test("does what it can without the catalogue, where the program was copied alone")
  func withoutCatalogue() throws {
    try OverlayBench.with { bench in
      let copy = bench.folder.appendingPathComponent("dpu")
      try FileManager.default.copyItem(at: BuiltProgram.url, to: copy)
      let program = try #require(OutsideProgram(copy.path))
      let root = ["--root", bench.kernel.root]
      let status = try program.run(["overlay", "status"] + root, in: bench.folder)
      #expect(status.code == 0 && status.text.contains("dpu: warning: there is no folder board-overlays"), "\(status)")
      let unknown = try program.run(["overlay", "load", "zcu104"] + root, in: bench.folder)
      #expect(unknown.code == 4 && unknown.text.contains("name it with --boards"), "\(unknown)")
      let loaded = try bench.kernel.playing {
        try program.run(["overlay", "load", bench.folder.path] + root, in: bench.folder)
      }
      #expect(loaded.code == 0 && loaded.text.contains("no catalogue knows this board, so part"), "\(loaded)")
    }
  }

  @Test("without a PL there is nothing to show, and scripts can tell")
  func noPL() throws {
    try TemporaryFolder.with { folder in
      let outcome = try BuiltProgram.run(["overlay", "status", "--root", folder.path])
      #expect(outcome.code == 4 && outcome.output.contains("PL         no fpga_manager"), "\(outcome)")
    }
  }

  @Test(
    "needs root, and says so",
    .enabled(if: geteuid() != 0 || OverlayTests.setpriv != nil, "needs setpriv, or not to be root"))
  func permission() throws {
    try OverlayBench.with { bench in
      let load = ["overlay", "load", bench.folder.path]
      let asNobody = ["--reuid=65534", "--clear-groups", BuiltProgram.url.path] + load
      let program = geteuid() == 0 ? Self.setpriv : OutsideProgram(BuiltProgram.url.path)
      let outcome = try #require(program).run(geteuid() == 0 ? asNobody : load, in: bench.folder)
      #expect(outcome.code == 4)
      #expect(
        outcome.text.contains("programming the PL needs root: 'sudo dpu overlay load \(bench.folder.path)'"),
        "\(outcome)")
    }
  }

  private static let setpriv = OutsideProgram("/usr/bin/setpriv")
}
