#if canImport(Glibc)
  import Glibc
#endif

/// A line on the screen that shows how far a command has come; nothing where the standard error is not a screen.
struct ProgressBar {
  private let isShown: Bool
  private let width: Int
  private let total: Int
  private let clock = ContinuousClock()
  private var lastDrawn: ContinuousClock.Instant?
  private var isOnScreen = false

  /// Makes a bar that is not on the screen yet.
  init(total: Int, _ console: Console) {
    isShown = console.showsProgress && total > 0
    width = Terminal.width(of: STDERR_FILENO)
    self.total = total
  }

  /// Draws the bar, at most twenty times a second.
  mutating func show(done: Int, doing text: String) {
    guard isShown else { return }
    let now = clock.now
    if let lastDrawn, isOnScreen, now - lastDrawn < .milliseconds(50) { return }
    lastDrawn = now
    _ = Terminal.write("\r\u{1B}[2K" + Self.line(done: done, total: total, text: text, width: width), to: STDERR_FILENO)
    isOnScreen = true
  }

  /// Takes the bar off the screen, so that other lines can be printed.
  mutating func clear() {
    guard isOnScreen else { return }
    _ = Terminal.write("\r\u{1B}[2K", to: STDERR_FILENO)
    isOnScreen = false
  }

  /// The bar as text: `[=====>    ] 12/20 slice-12.png`, cut to the width.
  static func line(done: Int, total: Int, text: String, width: Int) -> String {
    let cells = 24
    let filled = min(cells, cells * done / max(1, total))
    let bar = String(repeating: "=", count: filled) + (filled < cells ? ">" : "")
    let line = "[\(bar)\(String(repeating: " ", count: max(0, cells - bar.count)))] \(done)/\(total) \(text.printable)"
    return String(line.prefix(width - 1))
  }
}
