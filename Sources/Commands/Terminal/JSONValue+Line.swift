import JSONValues

extension JSONValue {
  /// The value as text on one line, for output of which each line is a value.
  package var line: String {
    switch self {
    case .array(let values): "[" + values.map(\.line).joined(separator: ", ") + "]"
    case .object(let members), .record(let members):
      "{" + members.list.map { JSONValue.string($0.name).text + ": " + $0.value.line }.joined(separator: ", ") + "}"
    default: text
    }
  }
}
