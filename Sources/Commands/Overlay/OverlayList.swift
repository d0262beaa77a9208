import Boards
import JSONValues

/// The boards that are known, and the overlays that lie on this machine.
struct OverlayList {
  /// An overlay's folder.
  private struct Entry {
    let folder: String
    let xclbin: Result<Xclbin, BoardError>
    let isLoaded: Bool
  }

  private let bench: OverlayWorkplace
  private let entries: [Entry]

  /// Looks for folders with an xclbin.
  init(_ bench: OverlayWorkplace) {
    self.bench = bench
    var loaded: String?
    switch bench.control.plState() {
    case .recorded(let record): loaded = record.folder
    case .application(let name, _): loaded = "\(bench.applicationFolder)/\(name)"
    case .absent, .notProgrammed, .unknown: break
    }
    let host = SystemFiles()
    entries = [bench.overlayFolder, bench.applicationFolder].flatMap { parent in
      host.list(parent).map { "\(parent)/\($0)" }
    }.compactMap { folder in
      guard let name = host.list(folder).first(where: { $0.hasSuffix(".xclbin") }) else { return nil }
      let xclbin = Result { () throws(BoardError) in
        try Xclbin(reading: host.read("\(folder)/\(name)", limit: Xclbin.largestByteCount))
      }
      return Entry(folder: folder, xclbin: xclbin, isLoaded: folder == loaded)
    }
  }

  /// Prints it.
  func print(_ console: Console) throws -> ExitCode {
    if console.isJSON {
      try console.print(json)
      return .success
    }
    var boards = TextTable([("board", .left), ("", .left), ("DPU cores", .right), ("MHz", .right), ("images", .left)])
    for board in bench.boards {
      let clock = board.dpu.clockMegahertz.value.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } ?? "-"
      boards.add([
        board.name, board.title + (board.name == bench.board?.name ? " (this machine)" : ""),
        "\(board.dpu.cores.value)", clock,
        board.dpu.images.map { "\($0.target) (\($0.release))" }.joined(separator: "; "),
      ])
    }
    for line in boards.lines() { try console.print(line) }
    try console.print("")
    if entries.isEmpty { try console.print("no overlays in \(bench.overlayFolder) or \(bench.applicationFolder)") }
    for entry in entries {
      let words: String
      switch entry.xclbin {
      case .success(let xclbin):
        words = "\(xclbin.dpuCores.count) DPU cores, xclbin \(xclbin.uuid)"
      case .failure(let error): words = "its xclbin can't be used: \(error.message)"
      }
      try console.print("\(entry.folder): \(words)\(entry.isLoaded ? "; loaded" : "")")
    }
    return .success
  }

  private var json: JSONValue {
    .object([
      "schema": .string("dpu.overlay-list/1"), "this_board": .optional(bench.board?.name) { .string($0) },
      "boards": .array(
        bench.boards.map { board in
          .object([
            "name": .string(board.name), "title": .string(board.title), "cores": .integer(board.dpu.cores.value),
            "clock_mhz": .optional(board.dpu.clockMegahertz.value) { .number($0) },
            "images": .array(
              board.dpu.images.map {
                .record([
                  "release": .string($0.release), "fingerprint": .string($0.fingerprint), "target": .string($0.target),
                  "models": .string($0.models), "arch_json": .string($0.archJSON),
                ])
              }),
          ])
        }),
      "overlays": .array(
        entries.map { entry in
          let xclbin = try? entry.xclbin.get()
          var problem: String?
          if case .failure(let error) = entry.xclbin { problem = error.description }
          return .record([
            "folder": .string(entry.folder), "cores": .optional(xclbin?.dpuCores.count) { .integer($0) },
            "xclbin_uuid": .optional(xclbin?.uuid.description) { .string($0) },
            "problem": .optional(problem) { .string($0) }, "is_loaded": .bool(entry.isLoaded),
          ])
        }),
    ])
  }
}
