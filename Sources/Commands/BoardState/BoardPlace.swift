import Boards
package import XRTDPU

/// Where a board is looked for: the machine's own files, or a folder that stands for them.
package struct BoardPlace: Sendable {
  /// The options that say so.
  static let options: [Option] =
    DeviceOptions.options.filter { ["xclbin", "xrt-library", "assume-programmed"].contains($0.name) } + [
      Option("root", takes: .text("DIR"), fallback: "/", "looks at the files of a board below a folder instead"),
      Option("boards", takes: .text("DIR"), fallback: "board-overlays beside the program", "the catalogue of boards"),
    ]

  /// The folder that stands for `/`.
  package var root = "/"
  /// The xclbin, `nil` for the one of the loaded overlay, or that of AMD's runtime.
  package var xclbin: String?
  /// XRT's library, `nil` to search for it.
  package var library: String?
  /// The value of `XLNX_VART_FIRMWARE`.
  package var variable: String?
  /// Whether a person vouches for the design in the PL.
  package var assumesProgrammed = false
  /// Who wants to use the board.
  package var user = RenderNode.User.current

  /// The machine's own files.
  package init() {}

  /// Whether the board's files are looked at, and not only a library that stands for a board.
  func looksAtFiles(isFake: Bool) -> Bool { !isFake || !tree.isReal }

  /// Reads the options.
  init(_ arguments: Arguments) throws(CommandError) {
    root = arguments.text("root") ?? "/"
    (xclbin, library) = (arguments.text("xclbin"), OpenedBoard.library(arguments))
    assumesProgrammed = arguments.flag("assume-programmed")
    variable = Terminal.environment(XclbinChoice.variable)
    guard SystemFiles(root: root).isFolder("/") else {
      throw CommandError(.invalidInput, "\(root): there is no such folder; --root takes one that stands for /")
    }
  }

  /// The boards that are known; without the option, none where the catalogue lies nowhere.
  static func catalogue(_ arguments: Arguments, _ console: Console) throws -> BoardCatalogue? {
    let given = arguments.text("boards")
    do throws(BoardError) {
      return try BoardCatalogue.find(given: given, program: DPUProgram.path)
    } catch {
      // Without the option it is no fault of the person's, and most of what is looked at goes without it.
      if given != nil { throw CommandError(.invalidInput, error.description) }
      console.warn(error.description)
      return nil
    }
  }

  /// The files as the back end of boards reads them.
  var tree: SystemTree { SystemTree(root: root) }

  /// The files as overlays are loaded and checked.
  var files: SystemFiles { SystemFiles(root: root) }
}
