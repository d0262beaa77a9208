import Boards
import Tensors
import Vision

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#endif

/// Where a run of `dpu overlay` works: the board's files, the catalogue and the control over both.
struct OverlayWorkplace {
  /// Where the root of the board's files lies, empty for the root itself.
  let root: String
  /// The board's files.
  let files: SystemFiles
  /// The boards, `nil` where the catalogue lies nowhere.
  let catalogue: BoardCatalogue?
  /// What loads and looks.
  let control: OverlayControl

  /// Makes a workplace as the arguments say.
  init(_ arguments: Arguments, _ console: Console) throws {
    files = SystemFiles(root: arguments.text("root").map(Self.absolute) ?? "")
    root = files.root
    catalogue = try BoardPlace.catalogue(arguments, console)
    control = OverlayControl(over: files)
  }

  /// The board that this machine is, `nil` for one that the catalogue does not have.
  var board: Board? { catalogue?.board(of: files) }

  /// The boards that are known.
  var boards: [Board] { catalogue?.boards ?? [] }

  /// Where the overlays of boards lie, a folder each.
  var overlayFolder: String { "\(root)/lib/firmware/dpu" }
  /// Where the applications of dfx-mgr lie, a folder each.
  var applicationFolder: String { "\(root)/lib/firmware/xilinx" }

  /// The folder behind a board's name, an application's name or a path.
  ///
  /// - Throws: `unavailable` for a name that is none of them.
  func place(of operand: String) throws(BoardError) -> (folder: String, board: Board?) {
    if operand.contains("/") || operand == "." { return (Self.absolute(operand), nil) }
    if let catalogue, let board = catalogue.board(named: operand) {
      let folder = "\(overlayFolder)/\(operand)"
      guard SystemFiles().exists(folder) else {
        throw BoardError(
          .unavailable,
          "there is no overlay for the \(board.title) yet: put bitstream, .xclbin and .dtbo there (\(catalogue.folder)/\(operand)/README.md says where they come from)",
          path: folder)
      }
      return (folder, board)
    }
    for folder in ["\(overlayFolder)/\(operand)", "\(applicationFolder)/\(operand)", Self.absolute(operand)]
    where SystemFiles().isFolder(folder) { return (folder, nil) }
    let names = boards.map(\.name) + SystemFiles().list(applicationFolder)
    let near = NearMiss.find(operand, among: names).map { "; did you mean '\($0)'?" } ?? ""
    let known = boards.isEmpty ? "none is known" : boards.map(\.name).joined(separator: ", ")
    throw BoardError(
      .unavailable,
      "'\(operand)' is neither a board (\(known)), nor an application in \(applicationFolder), nor a folder\(near)"
    )
  }

  /// Fails where the machine itself would be changed without being root.
  func needRoot(_ command: String) throws(BoardError) {
    guard !root.isEmpty || geteuid() == 0 else {
      throw BoardError(.noPermission, "programming the PL needs root: 'sudo dpu \(command)'")
    }
  }

  private static func absolute(_ path: String) -> String {
    var parts: [Substring] = []
    let whole = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}

extension OverlayControl {
  /// Makes a control over a board's files.
  init(over files: SystemFiles) {
    self.init(files: files, root: files.root) { bytes in bytes.withUnsafeBytes { SHA256.hexDigest(of: $0) } }
  }
}
