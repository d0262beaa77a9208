/// Any JSON, objects in the order in which they were written.
///
/// Foundation's encoder either sorts keys or gives no order; a report reads best in its own.
package enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(Members)
  /// An object on one line, as a row of a table: a difference between two reports then shows the whole row.
  case record(Members)

  /// Names and values in order.
  package struct Members: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    /// The names and values.
    package var list: [(name: String, value: JSONValue)]

    /// Makes members in the order of a literal.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { list = elements.map { ($0.0, $0.1) } }

    /// Makes members from names and values.
    package init(_ list: [(String, JSONValue)]) { self.list = list.map { ($0.0, $0.1) } }

    /// Compares names, values and their order.
    package static func == (left: Members, right: Members) -> Bool {
      left.list.elementsEqual(right.list) { $0.name == $1.name && $0.value == $1.value }
    }
  }

  /// The value of an optional: `null` for nothing.
  package static func optional<T>(_ value: T?, _ make: (T) -> JSONValue) -> JSONValue { value.map(make) ?? .null }

  /// Whole numbers as an array.
  package static func integers(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }

  /// Texts as an array.
  package static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

  /// The value as text, two columns per level, arrays of plain values on one line.
  package var text: String {
    var result = ""
    write(into: &result, indent: 0)
    return result
  }

  /// The value as text on one line, without a space.
  package var compactText: String {
    var result = ""
    writeCompact(into: &result)
    return result
  }

  /// The value as a message shows it: short, and with its kind where that is not plain.
  package var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): "\(value)"
    case .string(let value): "\"\(value.prefix(40))\""
    case .array(let values): "a list of \(values.count)"
    case .object, .record: "an object"
    }
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object, .record: false
    default: true
    }
  }

  private func write(into text: inout String, indent: Int) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.quote(value, into: &text)
    case .array(let values) where values.allSatisfy(\.isPlain):
      Self.write(values.map { (nil, $0) }, "[", "]", newline: nil, into: &text, indent: indent)
    case .array(let values):
      Self.write(values.map { (nil, $0) }, "[", "]", newline: "\n", into: &text, indent: indent)
    case .object(let members):
      Self.write(members.list.map { ($0.name, $0.value) }, "{", "}", newline: "\n", into: &text, indent: indent)
    case .record(let members):
      Self.write(members.list.map { ($0.name, $0.value) }, "{", "}", newline: nil, into: &text, indent: indent)
    }
  }

  private func writeCompact(into text: inout String) {
    switch self {
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        value.writeCompact(into: &text)
      }
      text += "]"
    case .object(let members), .record(let members):
      text += "{"
      for (index, (name, value)) in members.list.enumerated() {
        if index > 0 { text += "," }
        Self.quote(name, into: &text)
        text += ":"
        value.writeCompact(into: &text)
      }
      text += "}"
    default: write(into: &text, indent: 0)
    }
  }

  private static func write(
    _ values: [(String?, JSONValue)], _ open: String, _ close: String, newline: String?, into text: inout String,
    indent: Int
  ) {
    text += open
    let inner = newline.map { $0 + String(repeating: " ", count: indent + 2) }
    for (index, (name, value)) in values.enumerated() {
      if index > 0 { text += inner == nil ? ", " : "," }
      text += inner ?? ""
      if let name {
        quote(name, into: &text)
        text += ": "
      }
      value.write(into: &text, indent: indent + 2)
    }
    if let newline, !values.isEmpty { text += newline + String(repeating: " ", count: indent) }
    text += close
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
