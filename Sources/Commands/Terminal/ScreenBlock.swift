/// Lines that stay at one place of the screen while they change; nothing where a stream is no screen.
struct ScreenBlock {
  /// Whether the lines are shown.
  let isOnScreen: Bool
  private let descriptor: Int32
  private var lineCount = 0

  /// Makes a block that is not on the screen yet.
  init(_ descriptor: Int32, isShown: Bool) {
    self.descriptor = descriptor
    isOnScreen = isShown && Terminal.isScreen(descriptor)
  }

  /// Replaces the lines; longer ones than the screen is wide would break the next time.
  mutating func show(_ lines: [String]) {
    guard isOnScreen else { return }
    let text = lines.map { "\u{1B}[2K\($0)\n" }.joined()
    // What an earlier, longer block left below goes too.
    _ = Terminal.write(home + text + "\u{1B}[J", to: descriptor)
    lineCount = lines.count
  }

  /// Takes the lines off the screen.
  mutating func clear() {
    guard lineCount > 0 else { return }
    _ = Terminal.write(home + "\u{1B}[J", to: descriptor)
    lineCount = 0
  }

  private var home: String { lineCount > 0 ? "\u{1B}[\(lineCount)A\r" : "" }
}
