/// Writes the help of a command from its table.
package enum HelpText {
  /// The help of one command.
  ///
  /// - Parameter width: Columns of the screen.
  package static func make(_ table: CommandTable, width: Int) -> String {
    var lines = [wrap("dpu \(table.name): \(table.summary)", width: width, indent: 0), ""]
    lines.append(
      wrap(
        (["Usage: dpu \(table.name) [options]"] + table.operands.map(\.usage)).joined(separator: " "), width: width,
        indent: 9))
    lines += ["", "Examples:"]
    for example in table.examples {
      lines.append("  dpu \(example.line)")
      lines.append(wrap("      " + example.purpose, width: width, indent: 6))
    }
    if !table.operands.isEmpty {
      lines += ["", "Arguments:"]
      lines += columns(table.operands.map { ($0.name, $0.summary) }, width: width)
    }
    lines += ["", "Options:"]
    lines += columns(table.options.map { (spelling($0), summary($0)) }, width: width)
    for note in table.notes { lines += ["", wrap(note, width: width, indent: 0)] }
    return lines.joined(separator: "\n")
  }

  /// Two columns; a left part that is too long for its column gets a line of its own.
  package static func columns(_ rows: [(String, String)], width: Int) -> [String] {
    let left = min(rows.map(\.0.count).max() ?? 0, 26) + 4
    return rows.map { name, text in
      let head = "  " + name
      let gap =
        head.count + 2 <= left
        ? String(repeating: " ", count: left - head.count) : "\n" + String(repeating: " ", count: left)
      return head
        + wrap(String(repeating: " ", count: left) + text, width: width, indent: left)
        .drop { $0 == " " }.prepending(gap)
    }
  }

  /// Breaks a text at spaces; the first line keeps its own indent.
  ///
  /// - Parameter indent: Columns before each further line.
  package static func wrap(_ text: String, width: Int, indent: Int) -> String {
    let start = text.prefix { $0 == " " }
    var lines: [String] = []
    var line = String(start)
    var isEmpty = true
    for word in text.dropFirst(start.count).split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += isEmpty ? word : " " + word
      isEmpty = false
    }
    return (lines + [line]).joined(separator: "\n")
  }

  private static func spelling(_ option: Option) -> String {
    let short = option.letter.map { "-\($0), " } ?? "    "
    return short + "--\(option.name)" + (option.value == .flag ? "" : " \(option.placeholder)")
  }

  private static func summary(_ option: Option) -> String {
    let list = option.isList ? "; may be given more than once" : ""
    let fallback = option.fallback.map { " (default: \($0))" } ?? ""
    return option.summary + list + fallback
  }
}

extension Substring {
  fileprivate func prepending(_ start: String) -> String { start + self }
}
