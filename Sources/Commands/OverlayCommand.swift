import Boards
import Vision

/// `dpu overlay`: brings DPU designs into the PL of a board and says what is there.
enum OverlayCommand: Command {
  private static let actions = ["list", "status", "load", "unload"]

  static let table = CommandTable(
    name: "overlay", summary: "loads a DPU design into the PL of a board, unloads it, and says what is there",
    operands: [
      Operand("ACTION", words: actions, "list, status, load or unload"),
      Operand(
        "BOARD-OR-DIR", count: 0...1,
        "for load: a board (its files lie in /lib/firmware/dpu/BOARD), an application of dfx-mgr, or a folder with "
          + "bitstream, .xclbin and .dtbo; with --assume-programmed the .xclbin is enough"),
    ],
    options: [
      Option("force", "loads again what is loaded already"),
      Option(
        "assume-programmed",
        "for load: programs nothing, and notes that the PL holds this design already; wrong, that can hang the board"),
      Option("xclbin", takes: .text("FILE"), "for status: the xclbin to check a first job for"),
      Option(
        "boards", takes: .text("DIR"), fallback: "board-overlays beside the program", "the catalogue of boards"),
      Option("root", takes: .text("DIR"), fallback: "/", "looks for /sys, /proc, /run and /lib/firmware there"),
    ],
    examples: [
      .init("overlay list", "shows the boards that are known and the overlays that lie here"),
      .init("overlay status", "says what is in the PL, and whether a first job would be allowed"),
      .init("overlay load zcu104", "programs the PL from /lib/firmware/dpu/zcu104 (as root)"),
      .init("overlay unload", "takes the overlay out again"),
    ],
    notes: [
      "A load ends with the design, its clocks and its port widths in force and read back, or with nothing left of it. "
        + "What was loaded is noted in /run/dpu/overlay.json. /etc/vart.conf is never written.",
      "Where dfx-mgr runs (Kria), it does the programming.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let action = arguments.operands[0]
    guard actions.contains(action) else {
      let near = NearMiss.find(action, among: actions).map { "; did you mean '\($0)'?" } ?? ""
      throw CommandError(.usage, "overlay: unknown action '\(action)'\(near) (see 'dpu help overlay')")
    }
    if action != "load", arguments.operands.count > 1 {
      throw CommandError(.usage, "overlay: \(action) takes no BOARD-OR-DIR, but there is '\(arguments.operands[1])'")
    }
    let bench = try OverlayWorkplace(arguments, console)
    switch action {
    case "list": return try OverlayList(bench).print(console)
    case "status": return try OverlayReport(bench, xclbin: arguments.text("xclbin")).print(console)
    case "load":
      guard arguments.operands.count > 1 else {
        throw CommandError(.usage, "overlay: load needs BOARD-OR-DIR (see 'dpu help overlay')")
      }
      return try load(arguments.operands[1], arguments, bench, console)
    default: return try unload(bench, console)
    }
  }

  private static func load(
    _ operand: String, _ arguments: Arguments, _ bench: OverlayWorkplace, _ console: Console
  ) throws -> ExitCode {
    let place = try bench.place(of: operand)
    let board = place.board ?? bench.board
    let loaded: OverlayControl.Loaded
    if arguments.flag("assume-programmed") {
      try bench.needRoot("overlay load \(operand) --assume-programmed")
      loaded = try bench.control.assume(folder: place.folder, board: board)
    } else {
      let package = try OverlayPackage(
        folder: place.folder, deviceTree: board.flatMap { bench.catalogue?.deviceTree(of: $0) })
      try bench.needRoot("overlay load \(operand)")
      loaded = try bench.control.load(package, board: board, isForced: arguments.flag("force"))
    }
    for warning in loaded.warnings { console.warn(warning) }
    let record = loaded.record
    if console.isJSON {
      try console.print(
        .object([
          "schema": .string("dpu.overlay-load/1"), "was_loaded": .bool(loaded.wasThere), "record": record.jsonValue,
          "cores": .array(loaded.cores.map(\.jsonValue)), "warnings": .strings(loaded.warnings),
        ]))
    } else {
      let isAssumed = record.programmedBy == .assumed
      let done = loaded.wasThere ? "already loaded" : isAssumed ? "assumed to be loaded" : "loaded"
      try console.print("\(done): \(record.folder) (\(record.programmedBy.rawValue))")
      try console.print("  xclbin \(record.xclbinUUID), \(record.xclbin.path)")
      for core in loaded.cores {
        try console.print("  DPU core \(core.fullName) at 0x\(String(core.baseAddress, radix: 16))")
      }
    }
    return .success
  }

  private static func unload(_ bench: OverlayWorkplace, _ console: Console) throws -> ExitCode {
    try bench.needRoot("overlay unload")
    let removed = try bench.control.unload()
    if console.isJSON {
      try console.print(.object(["schema": .string("dpu.overlay-unload/1"), "removed": .string(removed)]))
    } else {
      try console.print("unloaded: \(removed); the PL keeps its design until the next load, but counts as unknown")
    }
    return .success
  }
}
