import Boards
import Devices
import XRTDPU

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The board as a command opens it.
struct OpenedBoard {
  /// What a person says of the board.
  struct Wishes {
    /// The xclbin; `nil` takes the one of the loaded overlay, or that of AMD's runtime.
    let xclbin: String?
    /// XRT's library; `nil` searches for it.
    let library: String?
    /// Whether the PL is vouched for where nothing is known of it.
    let assumesProgrammed: Bool
    /// The folder that stands for `/`, `nil` for the machine's own files.
    let root: String?

    /// Takes the wishes from a command line.
    init(_ arguments: Arguments) {
      xclbin = arguments.text("xclbin")
      library = OpenedBoard.library(arguments)
      assumesProgrammed = arguments.flag("assume-programmed")
      root = arguments.text("root")
    }

    /// Where the kernel's files are looked for.
    var tree: SystemTree { SystemTree(root: root ?? "/") }
  }

  /// The way to its cores.
  let port: XRTPort
  /// Which xclbin and which library were taken.
  let notes: [String]
  /// What a person should look at.
  let warnings: [String]
  /// The UUID of the xclbin.
  let xclbinUUID: String
  /// What the catalogue calls the board, `nil` where it does not have it.
  let title: String?

  /// Opens the board.
  ///
  /// - Throws: What the board, its PL, the xclbin or the library lacks.
  init(_ wishes: Wishes) throws {
    let environment = ProcessInfo.processInfo.environment
    let isFake = wishes.library.map(XRTLibrary.looksFake) == true
    guard isFake || wishes.tree.isReal else {
      throw CommandError(
        .usage, "option '--root' is for a board in a library; a real one needs the machine's own files")
    }
    // A fake board has no PL that could hold another design, unless there are files that tell of one.
    let isLookedAt = !isFake || !wishes.tree.isReal
    // Whoever has no board should hear that, and not that a file of boards is missing.
    if isLookedAt { _ = try RenderNode.find(in: wishes.tree) }
    let files = SystemFiles(root: wishes.tree.root)
    let control = OverlayControl(over: files)
    let choice = try control.chooseXclbin(option: wishes.xclbin, environment: environment[XclbinChoice.variable])
    let bytes: [UInt8]
    do throws(BoardError) {
      bytes = try SystemFiles().read(choice.path, limit: Xclbin.largestByteCount)
    } catch {
      throw CommandError(
        .invalidInput, "\(error) (\(choice.source)); name the xclbin of the overlay that is loaded with --xclbin")
    }
    let xclbin: Xclbin
    var warnings = choice.warnings
    do throws(BoardError) {
      xclbin = try Xclbin(reading: bytes)
      try xclbin.checkForDPU()
    } catch {
      throw CommandError(error.of(choice.path))
    }
    let board = isLookedAt ? Self.board(of: files) : nil
    if isLookedAt {
      do throws(BoardError) {
        warnings += try control.checkFirstJob(
          xclbin, board: board, assumesProgrammed: wishes.assumesProgrammed)
      } catch {
        // A PL that holds something else is no device for this xclbin.
        throw CommandError(.noDevice, error.description)
      }
    }
    var configuration = Self.configuration(bytes, xclbin, library: wishes.library, tree: wishes.tree)
    configuration.timeLimit = try Self.timeLimit(Terminal.environment("XLNX_DPU_TIMEOUT"))
    port = try XRTPort(configuration)
    notes = [
      "\(choice.words), UUID \(xclbin.uuid)",
      "library \(port.libraryPath)\(port.isFake ? ", a board in a library: everything here is simulated" : "")",
    ]
    self.warnings = warnings
    xclbinUUID = "\(xclbin.uuid)"
    title = board?.title
  }

  /// The library that a command line names: without a slash it is a file here, and not one that the loader searches.
  static func library(_ arguments: Arguments) -> String? {
    arguments.text("xrt-library").map { $0.contains("/") ? $0 : "./" + $0 }
  }

  /// What is opened for an xclbin, and how.
  static func configuration(
    _ bytes: [UInt8], _ xclbin: Xclbin, library: String?, tree: SystemTree
  ) -> XRTPort.Configuration {
    var configuration = XRTPort.Configuration(
      image: XRTImage(
        bytes: bytes, uuid: xclbin.uuid.bytes, coreNames: xclbin.dpuCores.map(\.fullName)))
    configuration.libraryPath = library
    configuration.tree = tree
    return configuration
  }

  /// How long a job may take, by the variable of AMD's runtime.
  private static func timeLimit(_ text: String?) throws(CommandError) -> Duration? {
    guard let text, !text.isEmpty else { return nil }
    let range = 1...86_400_000
    guard let milliseconds = Int(text), range.contains(milliseconds) else {
      throw CommandError(
        .usage,
        "the variable XLNX_DPU_TIMEOUT is '\(text)', expected milliseconds from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return .milliseconds(milliseconds)
  }

  /// What the catalogue knows of the board that this is, `nil` where it does not have it.
  private static func board(of files: SystemFiles) -> Board? {
    (try? BoardCatalogue.find(given: nil, program: DPUProgram.path))?.board(of: files)
  }
}
