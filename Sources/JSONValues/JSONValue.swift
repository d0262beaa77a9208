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

  /// The value as a message shows it: short, and with its kind where that is not plain.
  package var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): Int(exactly: value).map(String.init) ?? "\(value)"
    case .string(let value): "\"\(value.prefix(40))\""
    case .array(let values): "a list of \(values.count)"
    case .object, .record: "an object"
    }
  }
}
