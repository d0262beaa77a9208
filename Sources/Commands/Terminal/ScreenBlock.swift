/// Lines that stay at one place of the screen while they change; nothing where a stream is no screen.
///
/// The size of the screen is looked up at each drawing: a window may be made smaller or larger meanwhile.
struct ScreenBlock {
  private let isScreen: Bool
  private let descriptor: Int32
  private var lineCount = 0
  /// The size of the screen when the lines were drawn, `nil` where there are none.
  private var drawnSize: Terminal.Size?

  /// Smaller screens get plain lines, which break where they like.
  private static let leastSize = Terminal.Size(columns: 20, rows: 3)

  /// Makes a block that is not on the screen yet.
  init(_ descriptor: Int32, isShown: Bool) {
    self.descriptor = descriptor
    isScreen = isShown && Terminal.isScreen(descriptor)
  }

  /// The size of the screen now.
  var size: Terminal.Size { Terminal.size(of: descriptor) }

  /// Whether lines are drawn over now: on a screen that is not too small for it.
  var isOnScreen: Bool { isScreen && Self.fits(size) }

  private static func fits(_ size: Terminal.Size) -> Bool {
    size.columns >= leastSize.columns && size.rows >= leastSize.rows
  }

  /// Replaces the lines; what does not fit is cut, for it would break or scroll away and could not be drawn over.
  ///
  /// Lines with control sequences are not cut: who makes them knows the size.
  mutating func show(_ lines: [String]) {
    let size = size
    guard isScreen, Self.fits(size) else { return }
    let shown = lines.prefix(size.rows - 1).map {
      $0.contains("\u{1B}") ? $0 : String($0.prefix(size.columns - 1))
    }
    let text = shown.map { "\u{1B}[2K\($0)\n" }.joined()
    // Letters as wide as two are counted as one: what is too long then is cut by the screen (DECAWM off), and what an
    // earlier, longer block left below goes too.
    _ = Terminal.write("\u{1B}[?7l" + start(at: size) + text + "\u{1B}[J\u{1B}[?7h", to: descriptor)
    (lineCount, drawnSize) = (shown.count, size)
  }

  /// Takes the lines off the screen.
  mutating func clear() {
    guard lineCount > 0 else { return }
    _ = Terminal.write(start(at: size) + "\u{1B}[J", to: descriptor)
    forget()
  }

  /// Leaves the lines where they are, because something else is printed below them.
  mutating func forget() { (lineCount, drawnSize) = (0, nil) }

  /// The sequence that leads to where the lines begin.
  private func start(at size: Terminal.Size) -> String {
    guard lineCount > 0, let drawnSize else { return "" }
    // Where the old lines are after a change of size, each kind of screen decides by itself: all is drawn anew.
    return drawnSize == size ? "\u{1B}[\(lineCount)A\r" : "\u{1B}[H\u{1B}[2J"
  }
}
