import Boards
import Foundation
import TestSupport
import Testing

@Suite struct DFXManagerTests {
  /// Puts a running dfx-mgr into a tree, with one application and one that every Kria has.
  ///
  /// The client is a shell script that prints as listAccelerators() of Xilinx/dfx-mgr does and keeps what is loaded in
  /// a file.
  static func install(_ name: String, _ bench: OverlayBench, script: String? = nil) throws -> URL {
    let kernel = bench.kernel
    try kernel.set("/proc/900/comm", "dfx-mgrd\n")
    let folder = URL(fileURLWithPath: kernel.root + "/lib/firmware/xilinx/\(name)")
    try bench.put(in: folder)
    let loaded = kernel.root + "/run/dfx-mgr-loaded"
    let state = kernel.root + "/sys/class/fpga_manager/fpga0/state"
    let node = kernel.root + "/sys/firmware/devicetree/base/fpga-full/afi0"
    let widths = kernel.root + "/run/widths"
    try kernel.set("/run/widths", SampleOverlays.usualWidths.flatMap { highestByteFirst(Int($0)) })
    let client = """
      #!/bin/sh
      row() { slot=-1; [ "$(cat \(loaded) 2>/dev/null)" = "$1" ] && slot=0,; printf '%32s%32s%15s%10d%20s\\n' "$1" "$1" XRT_FLAT 1 "$slot"; }
      case $1 in
      -listPackage) printf '%32s%32s%15s%10s%20s\\n\\n' Accelerator Base Type '#slots' Active_slot; row k26-starter-kits; row \(name) ;;
      -load) echo "$2" >\(loaded); echo operating >\(state); mkdir -p \(node); printf 'xlnx,afi-fpga\\0' >\(node)/compatible
        cp \(widths) \(node)/config-afi; echo "Accel loaded to slot 0" ;;
      -remove) rm -rf \(loaded) \(node) ;;
      esac
      exit 0
      """
    let place = kernel.root + "/usr/bin/dfx-mgr-client"
    try kernel.set("/usr/bin/dfx-mgr-client.text", script ?? client)
    // By another program: a child that a test beside this one starts would hold what is written here open for writing, and
    // a program that is open so can't be started (ETXTBSY).
    try Process.run(URL(fileURLWithPath: "/bin/cp"), arguments: [place + ".text", place]).waitUntilExit()
    chmod(place, 0o755)
    return folder
  }

  @Test("loads and unloads by dfx-mgr where it runs, and never writes to fpga_manager then")
  func loading() throws {
    try OverlayBench.with { bench in
      let package = try OverlayPackage(folder: Self.install("app", bench).path)
      let loaded = try bench.control.load(package, board: bench.board())
      #expect(loaded.record.programmedBy == .dfxManager && loaded.record.overlay == nil)
      #expect(
        !bench.kernel.log.contains { $0.contains("fpga_manager") || $0.contains("/overlays/") }, "\(bench.kernel.log)")
      #expect(try bench.refusal() == nil)
      #expect(try bench.control.load(package, board: bench.board()).wasThere)
      #expect(try bench.control.unload() == "dfx-mgr's application app")
      #expect(bench.leftovers == [])
    }
  }

  @Test("takes dfx-mgr's word for an application that it has loaded itself")
  func reported() throws {
    try OverlayBench.with { bench in
      _ = try Self.install("app", bench)
      let client = bench.kernel.root + "/usr/bin/dfx-mgr-client"
      let process = try Process.run(URL(fileURLWithPath: client), arguments: ["-load", "app"])
      process.waitUntilExit()
      guard case .application("app", let uuids) = bench.control.plState() else {
        Issue.record("\(bench.control.plState())")
        return
      }
      #expect(uuids.map(\.description) == ["10111213-1415-1617-1819-1a1b1c1d1e1f"])
      #expect(try bench.refusal() == nil)
      let words = try bench.refusal(uuid: 0x40)
      #expect(words?.contains("dfx-mgr's application app with 10111213") == true, "\(words ?? "allowed")")
    }
  }

  @Test(
    "reads the tables of several releases, and finds applications that fill a slot of another's design",
    arguments: [
      (
        """
        Accelerator      Base  Type     #slots Active_slot
        DPU              DPU   XRT_FLAT 1      0,
        """, "DPU", "DPU"
      ),
      (
        """
        Accelerator  Accel_type   Base     Base_type  #slots(PL+AIE)  Active_slot
        k26-starter-kits XRT_FLAT k26-starter-kits XRT_FLAT (0+0)     -1
        PP_PIPELINE  SIHA_PL_DFX  k26_2rp  PL_DFX     (2+0)           0,
        DPU          SIHA_PL_DFX  k26_2rp  PL_DFX     (2+0)           1,
        """, "k26_2rp/DPU", "PP_PIPELINE and DPU"
      ),
      (
        """
        Accelerator  Accel_type   Base     Pid    Base_type  #slots(PL+AIE) Active_slot
        DPU          XRT_FLAT     DPU      no_id  XRT_FLAT   (0+0)          0,
        """, "DPU", "DPU"
      ),
    ])
  func tables(table: String, folder: String, name: String) throws {
    try OverlayBench.with { bench in
      _ = try Self.install("unused", bench, script: "#!/bin/sh\ncat <<'END'\n\(table)\nEND\n")
      try bench.put(in: URL(fileURLWithPath: bench.kernel.root + "/lib/firmware/xilinx/\(folder)"))
      try bench.kernel.setState("operating")
      let state = bench.control.plState()
      #expect(state == .application(name, [XclbinUUID([UInt8](0x10..<0x20))]), "\(state)")
    }
  }

  @Test("trusts no record and no person against what dfx-mgr says")
  func contradiction() throws {
    try OverlayBench.with { bench in
      try bench.kernel.setState("operating")
      _ = try bench.control.assume(folder: bench.folder.path, board: bench.board())
      _ = try Self.install("app", bench)
      guard case .recorded = bench.control.plState() else {
        Issue.record("dfx-mgr has loaded nothing: \(bench.control.plState())")
        return
      }
      try bench.kernel.set("/run/dfx-mgr-loaded", "k26-starter-kits\n")
      #expect(bench.control.plState() == .application("k26-starter-kits", []))
      #expect(try bench.refusal()?.contains("application k26-starter-kits with no xclbin") == true)
    }
  }

  @Test("says that dfx-mgr can't be asked where its client fails")
  func silence() throws {
    try OverlayBench.with { bench in
      let package = try OverlayPackage(folder: Self.install("app", bench).path)
      _ = try bench.control.load(package, board: bench.board())
      try bench.kernel.drop("/usr/bin/dfx-mgr-client")
      let words = bench.control.plState().words
      #expect(words.contains("does not say any more that it has loaded app, and dfx-mgr can't be asked"), "\(words)")
    }
  }

  @Test("does not push another application out")
  func busy() throws {
    try OverlayBench.with { bench in
      let package = try OverlayPackage(folder: Self.install("app", bench).path)
      try bench.kernel.set("/run/dfx-mgr-loaded", "k26-starter-kits\n")
      let board = try bench.board()
      let error = thrownError(BoardError.self) { try bench.control.load(package, board: board) }
      #expect(error?.code == .refused)
      #expect(error?.message.contains("has k26-starter-kits loaded; unload it first: 'xmutil unloadapp'") == true)
    }
  }

  private static let brokenClients =
    [
      ("#!/bin/sh\nexit 1\n", "does not list it"), ("#!/bin/sh\nsleep 60\n", "did not end within 1 s"),
      ("#!/bin/sh\necho 'Accelerator loaded'\n", "does not list it"),
    ] + (Repository.isEmulated ? [] : [("#!/nowhere\n", "cannot start the program")])

  @Test(
    "a client that fails, says nothing or never ends gives an error and no record",
    arguments: brokenClients)
  func brokenClient(script: String, words: String) throws {
    try OverlayBench.with(seconds: words.contains("1 s") ? 1 : 30) { bench in
      let package = try OverlayPackage(folder: Self.install("app", bench, script: script).path)
      let board = try bench.board()
      let error = thrownError(BoardError.self) { try bench.control.load(package, board: board) }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
      #expect(bench.leftovers == [])
    }
  }
}
