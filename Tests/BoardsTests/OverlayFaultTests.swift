import Boards
import Foundation
import TestSupport
import Testing

/// Loads that fail on their way: nothing of them is left, and no job is allowed.
@Suite struct OverlayFaultTests {
  @Test(
    "takes the state of fpga_manager for what it is",
    arguments: [
      (["write init", "write", "write error"], "says 'write error'"), (["write init"], "says 'write init'"),
      (["write complete error"], "says 'write complete error'"),
    ])
  func failedStates(states: [String], words: String) throws {
    try OverlayBench.with(seconds: 1) { bench in
      try bench.put(tree: SampleOverlays.overlay(firmware: nil))
      bench.kernel.programsInBackground = true
      bench.kernel.states = states
      let error = thrownError(BoardError.self) { try bench.load() }
      #expect(error?.code == .failed && error?.message.contains(words) == true, "\(String(describing: error))")
      #expect(error?.message.hasSuffix("everything was taken back") == true, "\(String(describing: error))")
      #expect(bench.leftovers == [])
      #expect(try bench.refusal()?.contains("not programmed (fpga_manager: \(states.last ?? ""))") == true)
    }
  }

  @Test(
    "leaves no half-loaded overlay, whichever step fails",
    arguments: ["device-tree", "fpga_manager", "dfx-mgr"], [false, true])
  func faultInjection(way: String, failsLate: Bool) throws {
    var failures = 0
    for failing in 1...40 {
      let isDone = try OverlayBench.with { bench in
        var folder = bench.folder
        if way == "fpga_manager" { try bench.put(tree: SampleOverlays.overlay(firmware: nil)) }
        if way == "dfx-mgr" { folder = try DFXManagerTests.install("app", bench) }
        let package = try OverlayPackage(folder: folder.path)
        bench.kernel.failingChange = failing
        bench.kernel.failsLate = failsLate
        let board = try bench.board()
        let error = thrownError(BoardError.self) { try bench.control.load(package, board: board) }
        bench.kernel.failingChange = nil
        guard let error else {
          // Everything was done, or only the tidying up failed.
          #expect(try bench.refusal() == nil, "change \(failing)")
          return bench.kernel.changeCount < failing
        }
        failures += 1
        #expect(error.message.contains("failed on purpose"), "change \(failing): \(error)")
        #expect(bench.leftovers == [], "change \(failing): \(error)")
        #expect(try bench.refusal() != nil, "change \(failing)")
        // And the next attempt is not in the way of the one that failed.
        _ = try bench.control.load(package, board: board)
        #expect(try bench.refusal() == nil, "change \(failing)")
        return false
      }
      if isDone { break }
    }
    #expect(failures >= (way == "dfx-mgr" ? 3 : 5), "\(failures) changes failed")
  }

  @Test(
    "a load that is killed, wherever, allows no job, and the next one clears it away",
    arguments: ["device-tree", "fpga_manager"])
  func killed(way: String) throws {
    for last in 0...40 {
      let isDone = try OverlayBench.with { bench in
        if way == "fpga_manager" { try bench.put(tree: SampleOverlays.overlay(firmware: nil)) }
        let (package, board) = (try bench.package(), try bench.board())
        bench.kernel.lastChange = last
        let error = thrownError(BoardError.self) { try bench.control.load(package, board: board) }
        bench.kernel.lastChange = .max
        // Once the record is written, only the tidying up is left.
        let isRecorded = bench.kernel.exists("/run/dpu/overlay.json")
        #expect(isRecorded == (error == nil), "after \(last) changes: \(String(describing: error))")
        #expect(try (bench.refusal() == nil) == isRecorded, "after \(last) changes")
        try bench.load(isForced: true)
        #expect(try bench.refusal() == nil, "after \(last) changes")
        #expect(bench.leftovers == ["dpu", "overlay.json", "afi0", "clocking0"], "after \(last) changes")
        return isRecorded
      }
      if isDone {
        #expect(last >= 4, "\(last) changes make a whole load")
        return
      }
    }
    Issue.record("40 changes were not enough")
  }

  @Test("says what could not be taken back")
  func failingUndo() throws {
    try OverlayBench.with { bench in
      bench.kernel.overlayStatus = "failed"
      bench.kernel.keepsFolders = true
      let error = thrownError(BoardError.self) { try bench.load() }
      #expect(error?.message.contains("its status is 'failed'") == true, "\(String(describing: error))")
      #expect(error?.message.contains("cannot remove the overlay") == true, "\(String(describing: error))")
    }
  }

  @Test(
    "fails, and takes everything back, where the kernel does other than it was told", arguments: LoadRefusal.failures)
  func failures(_ failure: LoadRefusal) throws {
    try OverlayBench.with(seconds: 1) { bench in
      try failure.arrange(bench)
      let error = thrownError(BoardError.self) { try bench.load() }
      #expect(error?.code == failure.code, "\(String(describing: error))")
      #expect(error?.description.contains(failure.words) == true, "\(String(describing: error))")
      #expect(bench.leftovers == [])
    }
  }
}

extension LoadRefusal {
  static let failures: [LoadRefusal] = [
    LoadRefusal("kernel without configfs", .unavailable, "takes no device-tree overlays") {
      try $0.kernel.drop("/sys/kernel/config/device-tree")
    },
    LoadRefusal("mainline kernel", .unavailable, "takes no bitstreams by name") {
      try $0.put(tree: SampleOverlays.overlay(firmware: nil))
      try $0.kernel.drop("/sys/class/fpga_manager/fpga0/firmware")
    },
    LoadRefusal("overlay not applied", .failed, "its status is 'unapplied', expected 'applied'") {
      $0.kernel.overlayStatus = "unapplied"
    },
    LoadRefusal("overlay read back otherwise", .failed, "gives other bytes than were written") {
      $0.kernel.garblesOverlays = true
    },
    LoadRefusal(
      "clock that is another", .failed, "asks for 100000000 Hz on clocking0, but the kernel has set 50000000 Hz"
    ) {
      $0.kernel.hertz = 50_000_000
    },
  ]
}
