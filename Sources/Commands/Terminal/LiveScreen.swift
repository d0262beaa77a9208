import Glibc

/// Lines on the standard output that change in place where that is a screen, and are printed where it is not.
struct LiveScreen {
  /// Whether lines are drawn over.
  var isInPlace: Bool { block.isOnScreen }
  /// The rows of the screen.
  let rows: Int
  private let console: Console
  private var block: ScreenBlock

  /// Makes a screen that shows nothing yet.
  init(_ console: Console) {
    self.console = console
    block = ScreenBlock(STDOUT_FILENO, isShown: true)
    rows = Terminal.rows(of: STDOUT_FILENO)
  }

  /// Shows lines in place of those before; what is wider than the screen is cut, unless it has control sequences.
  ///
  /// - Throws: An error when the standard output can't take them.
  mutating func show(_ lines: [String]) throws(CommandError) {
    guard isInPlace else { return try console.print(lines.joined(separator: "\n")) }
    // What does not fit would scroll away, and could not be drawn over.
    block.show(
      lines.prefix(max(1, rows - 1)).map { $0.contains("\u{1B}") ? $0 : String($0.prefix(console.width - 1)) })
  }
}
