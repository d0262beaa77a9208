extension JSONValue {
  /// How a value is laid out.
  private enum Layout {
    /// Two columns per level, arrays of plain values and records on one line.
    case pages
    /// On one line, with a space behind commas and colons.
    case line
    /// On one line, without a space.
    case compact
  }

  /// The value as text, two columns per level, arrays of plain values on one line.
  package var text: String { text(.pages) }

  /// The value as text on one line, for output of which each line is a value.
  package var line: String { text(.line) }

  /// The value as text on one line, without a space: for other programs.
  package var compactText: String { text(.compact) }

  private func text(_ layout: Layout) -> String {
    var result = ""
    write(layout, into: &result, indent: 0)
    return result
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object, .record: false
    default: true
    }
  }

  private func write(_ layout: Layout, into text: inout String, indent: Int) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    // JSON has no words for infinities and for what is no number.
    case .number(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.quote(value, into: &text)
    case .array(let values):
      let inner = layout == .pages && values.allSatisfy(\.isPlain) ? .line : layout
      text += "["
      for (index, value) in values.enumerated() {
        Self.separate(index, inner, into: &text, indent: indent)
        value.write(inner, into: &text, indent: indent + 2)
      }
      Self.close("]", isEmpty: values.isEmpty, inner, into: &text, indent: indent)
    case .object(let members): Self.write(members, layout, into: &text, indent: indent)
    case .record(let members): Self.write(members, layout == .pages ? .line : layout, into: &text, indent: indent)
    }
  }

  private static func write(_ members: Members, _ layout: Layout, into text: inout String, indent: Int) {
    text += "{"
    for (index, (name, value)) in members.list.enumerated() {
      separate(index, layout, into: &text, indent: indent)
      quote(name, into: &text)
      text += layout == .compact ? ":" : ": "
      value.write(layout, into: &text, indent: indent + 2)
    }
    close("}", isEmpty: members.list.isEmpty, layout, into: &text, indent: indent)
  }

  private static func separate(_ index: Int, _ layout: Layout, into text: inout String, indent: Int) {
    if index > 0 { text += layout == .line ? ", " : "," }
    if layout == .pages { text += "\n" + String(repeating: " ", count: indent + 2) }
  }

  private static func close(
    _ bracket: String, isEmpty: Bool, _ layout: Layout, into text: inout String, indent: Int
  ) {
    if layout == .pages, !isEmpty { text += "\n" + String(repeating: " ", count: indent) }
    text += bracket
  }

  private static func quote(_ string: String, into text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
