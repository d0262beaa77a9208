import Glibc

/// Lines on the standard output that are drawn over at the next showing, where that is a screen.
struct LiveScreen {
  /// Whether lines are drawn over.
  let isInPlace: Bool
  /// The rows of the screen.
  let rows: Int
  private let console: Console
  private var shownCount = 0

  /// Makes a screen that shows nothing yet.
  init(_ console: Console) {
    self.console = console
    isInPlace = Terminal.isScreen(STDOUT_FILENO)
    rows = Terminal.rows(of: STDOUT_FILENO)
  }

  /// Shows lines in place of those before; what is wider than the screen is cut, unless it has control sequences.
  ///
  /// - Throws: An error when the standard output can't take them.
  mutating func show(_ lines: [String]) throws(CommandError) {
    guard isInPlace else { return try console.print(lines.joined(separator: "\n")) }
    // What does not fit would scroll away, and could not be drawn over.
    let lines = lines.prefix(max(1, rows - 1)).map {
      $0.contains("\u{1B}") ? $0 : String($0.prefix(console.width - 1))
    }
    let back = shownCount > 0 ? "\r\u{1B}[\(shownCount)A" : ""
    // The rest of each line, and what was shown below, goes.
    try console.write(back + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
    shownCount = lines.count
  }
}
