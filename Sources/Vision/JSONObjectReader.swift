import JSONValues

/// Reads the keys of one JSON object, says which key is wrong, and finds keys that nobody asked for.
struct JSONObjectReader {
  private let entries: [String: JSONValue]
  /// What stands before a key in messages, as `resize.` does.
  private let prefix: String
  private var known = [String]()

  /// Takes an object.
  init(_ value: JSONValue, prefix: String = "", knownAs name: String) throws(VisionError) {
    guard case .object(let members) = value else {
      throw JSONObjectReader.wrong(name, found: value.shown, expected: "an object")
    }
    // The reader of JSON has refused names that come twice.
    entries = Dictionary(members.list.map { ($0.name, $0.value) }) { first, _ in first }
    self.prefix = prefix
  }

  /// Parses a JSON text.
  ///
  /// - Throws: `badCard` with the place and what is wrong there.
  static func parse(_ content: [UInt8]) throws(VisionError) -> JSONValue {
    do throws(JSONError) { return try JSONReader.read(content) } catch {
      throw VisionError(.badCard, "is not JSON: \(error)")
    }
  }

  /// Whether a key is there and not null.
  mutating func has(_ key: String) -> Bool { value(key) != nil }

  /// A text.
  mutating func text(_ key: String, default fallback: String? = nil) throws(VisionError) -> String {
    guard let value = value(key) else {
      if let fallback { return fallback }
      throw missing(key, expected: "a text")
    }
    guard case .string(let text) = value else { throw wrong(key, value, expected: "a text") }
    return text
  }

  /// One word of a closed set.
  mutating func choice<C: RawRepresentable<String> & CaseIterable>(
    _ key: String, of type: C.Type, default fallback: C? = nil
  ) throws(VisionError) -> C {
    let words = C.allCases.map { "\"\($0.rawValue)\"" }
    let expected = words.joined(separator: ", ")
    guard let value = value(key) else {
      if let fallback { return fallback }
      throw missing(key, expected: "one of \(expected)")
    }
    guard case .string(let text) = value, let choice = C(rawValue: text) else {
      throw wrong(key, value, expected: "one of \(expected)")
    }
    return choice
  }

  /// A finite number.
  mutating func number(_ key: String, default fallback: Double? = nil) throws(VisionError) -> Double {
    guard let value = value(key) else {
      if let fallback { return fallback }
      throw missing(key, expected: "a number")
    }
    guard let number = value.number else { throw wrong(key, value, expected: "a number") }
    return number
  }

  /// A whole number within bounds.
  mutating func wholeNumber(_ key: String, in range: ClosedRange<Int>) throws(VisionError) -> Int {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let value = value(key) else { throw missing(key, expected: expected) }
    guard let number = value.number, let whole = Int(exactly: number), range.contains(whole) else {
      throw wrong(key, value, expected: expected)
    }
    return whole
  }

  /// A list of numbers.
  mutating func numbers(_ key: String) throws(VisionError) -> [Double] {
    let values = try list(key, of: "numbers")
    var numbers = [Double]()
    for (index, value) in values.enumerated() {
      guard let number = value.number else {
        throw wrong("\(key)[\(index)]", value, expected: "a number")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// A list of texts, empty where the key is missing.
  mutating func texts(_ key: String) throws(VisionError) -> [String] {
    guard has(key) else { return [] }
    let values = try list(key, of: "texts")
    var texts = [String]()
    for (index, value) in values.enumerated() {
      guard case .string(let text) = value else { throw wrong("\(key)[\(index)]", value, expected: "a text") }
      texts.append(text)
    }
    return texts
  }

  /// An object in the object.
  mutating func object(_ key: String) throws(VisionError) -> JSONObjectReader {
    guard let value = value(key) else { throw missing(key, expected: "an object") }
    return try JSONObjectReader(value, prefix: prefix + key + ".", knownAs: prefix + key)
  }

  /// Refuses keys that nobody asked for, naming the nearest that exists.
  func finish() throws(VisionError) {
    guard let unknown = entries.keys.sorted().first(where: { !known.contains($0) }) else { return }
    let advice =
      NearMiss.find(unknown, among: known).map { ", did you mean `\(prefix)\($0)`?" }
      ?? ", expected one of \(known.joined(separator: ", "))"
    throw VisionError(.badCard, "unknown key `\(prefix)\(unknown)`\(advice)")
  }

  /// An error about a key of this object.
  func wrong(_ key: String, _ found: JSONValue?, expected: String) -> VisionError {
    JSONObjectReader.wrong(prefix + key, found: found?.shown ?? "nothing", expected: expected)
  }

  private func missing(_ key: String, expected: String) -> VisionError {
    JSONObjectReader.wrong(prefix + key, found: "nothing", expected: expected)
  }

  private static func wrong(_ key: String, found: String, expected: String) -> VisionError {
    VisionError(.badCard, "key `\(key)`: found \(found), expected \(expected)")
  }

  private mutating func list(_ key: String, of content: String) throws(VisionError) -> [JSONValue] {
    guard let value = value(key) else { throw missing(key, expected: "a list of \(content)") }
    guard case .array(let values) = value else { throw wrong(key, value, expected: "a list of \(content)") }
    return values
  }

  private mutating func value(_ key: String) -> JSONValue? {
    if !known.contains(key) { known.append(key) }
    let value = entries[key]
    return value == .null ? nil : value
  }
}

extension JSONValue {
  /// The value as a number, `nil` where it is none.
  fileprivate var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }
}
