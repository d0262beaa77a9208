import Glibc

/// Lines on the standard output that change in place where that is a screen, and are printed where it is not.
struct LiveScreen {
  /// Whether lines are drawn over now.
  var isInPlace: Bool { block.isOnScreen }
  /// The size of the screen now.
  var size: Terminal.Size { block.size }
  private let console: Console
  private var block: ScreenBlock

  /// Makes a screen that shows nothing yet.
  init(_ console: Console) {
    self.console = console
    block = ScreenBlock(STDOUT_FILENO, isShown: true)
  }

  /// Shows lines in place of those before; what is wider than the screen is cut, unless it has control sequences.
  ///
  /// - Throws: An error when the standard output can't take them.
  mutating func show(_ lines: [String]) throws(CommandError) {
    guard isInPlace else { return try print(lines.joined(separator: "\n")) }
    block.show(lines)
  }

  /// Prints a line that stays.
  ///
  /// - Throws: An error when the standard output can't take it.
  mutating func print(_ line: String) throws(CommandError) {
    block.forget()
    try console.print(line)
  }
}
