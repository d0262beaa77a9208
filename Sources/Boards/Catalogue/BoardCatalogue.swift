#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The boards of a folder `board-overlays`.
package struct BoardCatalogue: Sendable {
  /// The folder.
  package let folder: String
  /// The boards by name.
  package let boards: [Board]

  /// Reads the boards of a folder.
  ///
  /// - Throws: `malformed` where a board.json is not one, `unavailable` where there is none.
  package init(folder: String) throws(BoardError) {
    self.folder = folder
    let files = SystemFiles()
    var boards: [Board] = []
    for name in files.list(folder) {
      let path = "\(folder)/\(name)/board.json"
      guard files.exists(path) else { continue }
      boards.append(try BoardCatalogue.read(try files.read(path, limit: 1 << 20), name: name, path: path))
    }
    guard !boards.isEmpty else {
      throw BoardError(.unavailable, "holds no board (NAME/board.json)", path: folder)
    }
    self.boards = boards
  }

  /// Finds the folder: a given one, beside the program, in /usr/share/dpu, or in the source tree that the program was
  /// built in.
  ///
  /// - Parameter program: The path of the running program.
  package static func find(given: String?, program: String) throws(BoardError) -> BoardCatalogue {
    if let given { return try BoardCatalogue(folder: given) }
    let files = SystemFiles()
    var candidates: [String] = []
    var above = program.split(separator: "/").dropLast()
    let beside = "/" + above.joined(separator: "/")
    candidates += [
      "\(beside)/board-overlays", "\(beside)/../share/dpu/board-overlays", "/usr/share/dpu/board-overlays",
    ]
    while !above.isEmpty {
      let folder = "/" + above.joined(separator: "/")
      if files.exists("\(folder)/Package.swift") { candidates.append("\(folder)/board-overlays") }
      above = above.dropLast()
    }
    guard let folder = candidates.first(where: { files.exists($0) }) else {
      throw BoardError(
        .unavailable,
        "there is no folder board-overlays: neither in \(candidates.joined(separator: ", nor in ")); name it with --boards"
      )
    }
    return try BoardCatalogue(folder: folder)
  }

  /// The board of a name.
  package func board(named name: String) -> Board? { boards.first { $0.name == name } }

  /// The board that a machine's device tree names, `nil` for others.
  package func board(of files: any BoardFiles) -> Board? {
    let tree = LiveDeviceTree(files: files)
    return boards.first { $0.isDescribed(by: tree) }
  }

  /// The compiled device-tree overlay beside a board.json, `nil` where it has not been compiled.
  package func deviceTree(of board: Board) -> String? {
    let path = "\(folder)/\(board.name)/dpu.dtbo"
    return SystemFiles().exists(path) ? path : nil
  }

  private static func read(_ bytes: [UInt8], name: String, path: String) throws(BoardError) -> Board {
    let board: Board
    do {
      board = try JSONDecoder().decode(Board.self, from: Data(bytes))
    } catch {
      throw BoardError(.malformed, "is not a description of a board: \(words(error))", path: path)
    }
    guard board.schema == Board.schema, board.name == name else {
      throw BoardError(
        .malformed, "is '\(board.schema)' of '\(board.name)', expected '\(Board.schema)' of '\(name)'", path: path)
    }
    return board
  }

  /// What a decoder says, with the key that it is about.
  private static func words(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    func key(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let missing, let context): return "the key \(missing.stringValue) is missing in '\(key(context))'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(key(context)): \(context.debugDescription)"
    case .dataCorrupted(let context): return "\(key(context)) \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}
