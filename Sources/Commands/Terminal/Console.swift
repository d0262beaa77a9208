package import JSONValues

#if canImport(Glibc)
  import Glibc
#endif

/// Where a command's words go: data to the standard output, everything else to the standard error.
package struct Console: Sendable {
  /// When to colour.
  package enum Colour: String, Sendable {
    case auto, always, never
  }

  /// A meaning that a colour underlines; it never stands for itself.
  package enum Style: String, Sendable {
    case bold = "1"
    case warning = "33"
    case error = "31"
    case faint = "2"
  }

  /// Whether notes, warnings and progress are left out.
  package let isQuiet: Bool
  /// Whether more detail is asked for.
  package let isVerbose: Bool
  /// Whether the result is one JSON object.
  package let isJSON: Bool
  /// Columns of the standard output.
  package let width: Int
  /// Whether a moving line can be shown.
  package let showsProgress: Bool
  /// Whether the standard output is coloured.
  package let coloursOutput: Bool
  private let coloursMessages: Bool
  /// Hears notes and warnings too, also those that are not printed.
  private var listener: (@Sendable (_ text: String, _ isWarning: Bool) -> Void)?

  /// Makes a console as the common options say.
  package init(_ arguments: Arguments) {
    isQuiet = arguments.flag("quiet")
    isVerbose = arguments.flag("verbose")
    isJSON = arguments.flag("json")
    width = Terminal.width(of: STDOUT_FILENO)
    let colour = arguments.text("color").flatMap(Colour.init) ?? .auto
    let isPlain = Terminal.environment("NO_COLOR") != nil
    func isColoured(_ descriptor: Int32) -> Bool {
      switch colour {
      case .always: true
      case .never: false
      case .auto: !isPlain && Terminal.isScreen(descriptor)
      }
    }
    coloursOutput = isColoured(STDOUT_FILENO)
    coloursMessages = isColoured(STDERR_FILENO)
    showsProgress = !isQuiet && Terminal.isScreen(STDERR_FILENO)
  }

  /// The console with somebody who hears its notes and warnings.
  package func copying(to listener: @escaping @Sendable (_ text: String, _ isWarning: Bool) -> Void) -> Console {
    var result = self
    result.listener = listener
    return result
  }

  /// Prints data.
  ///
  /// - Throws: An error when the standard output can't take it, such as a full disk.
  package func print(_ text: String) throws(CommandError) { try write(text + "\n") }

  /// Prints a piece of data, without ending the line.
  ///
  /// - Throws: An error when the standard output can't take it.
  package func write(_ text: String) throws(CommandError) {
    let failure = Terminal.write(text, to: STDOUT_FILENO)
    guard failure == 0 else {
      throw CommandError(.invalidInput, "cannot write to the standard output: \(String(cString: strerror(failure)))")
    }
  }

  /// Prints one JSON object.
  package func print(_ value: JSONValue) throws(CommandError) { try print(value.text) }

  /// Says something that is neither data nor a problem.
  package func note(_ text: String) {
    listener?(text, false)
    if !isQuiet { say(text) }
  }

  /// Says something that a person should look at.
  package func warn(_ text: String) {
    listener?(text, true)
    if !isQuiet { say("dpu: \(styled("warning", .warning, coloursMessages)): \(text)") }
  }

  /// Says why something failed, in one line.
  package func complain(_ text: String) {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    say("dpu: \(styled("error", .error, coloursMessages)): \(line)")
  }

  /// Text of the standard output in a style, if it is coloured.
  package func styled(_ text: String, _ style: Style) -> String { styled(text, style, coloursOutput) }

  private func say(_ text: String) { _ = Terminal.write(text + "\n", to: STDERR_FILENO) }

  private func styled(_ text: String, _ style: Style, _ isColoured: Bool) -> String {
    isColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
