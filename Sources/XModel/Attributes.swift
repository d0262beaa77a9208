/// The value of an attribute: one alternative for each that the file format knows.
///
/// - Source: message `AttrValue`, docs/xmodel-format.md.
package enum AttributeValue: Sendable {
  case bool(Bool)
  case int32(Int32)
  case uint32(UInt32)
  case int64(Int64)
  case uint64(UInt64)
  case float(Float)
  case double(Double)
  case string(String)
  case bytes(Bytes)
  case bools([Bool])
  case int32s([Int32])
  case uint32s([UInt32])
  case int64s([Int64])
  case uint64s([UInt64])
  case floats([Float])
  case doubles([Double])
  case strings([String])
  case bytesList([Bytes])
  case int32Map([String: Int32])
  case uint32Map([String: UInt32])
  case int64Map([String: Int64])
  case uint64Map([String: UInt64])
  case stringMap([String: String])
  case bytesMap([String: Bytes])
  case int32sMap([String: [Int32]])
  case uint32sMap([String: [UInt32]])
  case int64sMap([String: [Int64]])
  case uint64sMap([String: [UInt64]])
  case stringsMap([String: [String]])
  /// An `AttrValue` with no known alternative set: its fields as they stood.
  case unknown(Bytes)
}

/// The attributes of an operation, tensor, subgraph or graph, in the order of the file.
package struct Attributes: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  /// The names in the order of the file.
  package private(set) var names: [String] = []
  private var values: [String: AttributeValue] = [:]
  /// Entries as they stood in the file, of those attributes that hold fields unknown to the schema.
  private var entries: [String: Bytes] = [:]

  /// Makes an empty set.
  package init() {}

  /// Makes a set from names and values, later ones replacing earlier ones.
  package init(dictionaryLiteral elements: (String, AttributeValue)...) {
    for (name, value) in elements { self[name] = value }
  }

  /// The value of a name; setting `nil` removes it.
  package subscript(name: String) -> AttributeValue? {
    get { values[name] }
    set {
      if newValue == nil {
        names.removeAll { $0 == name }
      } else if values[name] == nil {
        names.append(name)
      }
      values[name] = newValue
      if !entries.isEmpty { entries[name] = nil }
    }
  }

  /// Notes the file's own entry of an attribute, to be written in place of its value.
  mutating func keepEntry(_ entry: Bytes, of name: String) { entries[name] = entry }

  /// The file's own entry of an attribute if it says more than its value.
  func keptEntry(of name: String) -> Bytes? { entries[name] }

  /// A boolean attribute, `nil` if absent or of another type.
  package func bool(_ name: String) -> Bool? {
    if case .bool(let value)? = values[name] { value } else { nil }
  }

  /// An attribute of any integer type that fits in an Int, `nil` if absent or of another type.
  package func int(_ name: String) -> Int? {
    switch values[name] {
    case .int32(let value): Int(value)
    case .uint32(let value): Int(value)
    case .int64(let value): Int(value)
    case .uint64(let value): Int(exactly: value)
    default: nil
    }
  }

  /// A list attribute of any integer type, `nil` if absent, of another type, or too large for an Int.
  package func ints(_ name: String) -> [Int]? {
    switch values[name] {
    case .int32s(let list): return list.map(Int.init)
    case .uint32s(let list): return list.map(Int.init)
    case .int64s(let list): return list.map(Int.init)
    case .uint64s(let list):
      let exact = list.compactMap { Int(exactly: $0) }
      return exact.count == list.count ? exact : nil
    default: return nil
    }
  }

  /// A list attribute of any number type as Double, `nil` if absent or of another type.
  package func numbers(_ name: String) -> [Double]? {
    switch values[name] {
    case .floats(let list): list.map(Double.init)
    case .doubles(let list): list
    default: ints(name)?.map(Double.init)
    }
  }

  /// A scalar attribute of any number type as Double, `nil` if absent or of another type.
  package func number(_ name: String) -> Double? {
    switch values[name] {
    case .float(let value): Double(value)
    case .double(let value): value
    default: int(name).map(Double.init)
    }
  }

  /// A string attribute, `nil` if absent or of another type.
  package func string(_ name: String) -> String? {
    if case .string(let value)? = values[name] { value } else { nil }
  }

  /// A byte attribute, `nil` if absent or of another type.
  package func bytes(_ name: String) -> Bytes? {
    if case .bytes(let value)? = values[name] { value } else { nil }
  }
}
