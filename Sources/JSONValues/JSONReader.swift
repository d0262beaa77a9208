/// Reads JSON (RFC 8259) piece by piece, in the order in which it stands, without a tree in between.
///
/// Made for texts of unknown origin: what is nested too deep, what would make too large a tree, names that come twice,
/// numbers that no `Double` holds, and bytes that are not UTF-8 are errors with their place. A caller that asks for pieces
/// in turn can put a million numbers where they belong, and needs no memory for them here.
package struct JSONReader: Sendable {
  /// What is read at most.
  package struct Limits: Equatable, Sendable {
    /// Arrays and objects in one another.
    package var depth = 64
    /// Values in the trees that are made.
    package var treeValueCount = 100_000

    /// Makes the usual limits.
    package init() {}
  }

  /// What a value begins like.
  package enum Kind: String, Sendable {
    case null, bool, number, string, array, object

    /// The kind as a message names it.
    package var words: String {
      switch self {
      case .null: "null"
      case .bool: "true or false"
      case .number: "a number"
      case .string: "a text"
      case .array: "a list"
      case .object: "an object"
      }
    }
  }

  let bytes: [UInt8]
  let end: Int
  private let limits: Limits
  /// Where the next piece begins.
  package internal(set) var position: Int
  /// For each open array or object, whether nothing of it was read yet.
  private var isAtFirst: [Bool] = []
  private var treeValueCount = 0

  /// Begins to read.
  ///
  /// - Parameter range: The part that is read; without it, everything.
  package init(_ bytes: [UInt8], in range: Range<Int>? = nil, limits: Limits = Limits()) {
    let range = range ?? 0..<bytes.count
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a text of JSON lies outside its bytes")
    self.bytes = bytes
    self.limits = limits
    position = range.lowerBound
    end = range.upperBound
  }

  /// Reads a text that is one value and nothing else.
  package static func read(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes, limits: limits)
    let value = try reader.readValue()
    try reader.finish()
    return value
  }

  /// Looks at what comes next.
  package mutating func nextKind() throws(JSONError) -> Kind {
    skipSpace()
    guard position < end else { throw fail("the text ends where a value is expected") }
    switch bytes[position] {
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw fail("found \(shown), expected a value")
    }
  }

  /// Checks that nothing follows.
  package mutating func finish() throws(JSONError) {
    skipSpace()
    guard position == end else { throw fail("found \(shown), expected the end") }
  }

  /// Goes into an array.
  package mutating func enterArray() throws(JSONError) { try enter("[", "a list") }

  /// Goes to the next element of the array, or out of it where there is none.
  package mutating func nextElement() throws(JSONError) -> Bool { try goOn(until: "]") }

  /// Goes into an object.
  package mutating func enterObject() throws(JSONError) { try enter("{", "an object") }

  /// Reads the name of the object's next member, or goes out of the object where there is none.
  package mutating func nextName() throws(JSONError) -> String? {
    guard try goOn(until: "}") else { return nil }
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: "\"") else {
      throw fail("found \(shown), expected a name in quotes")
    }
    let name = try readString()
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: ":") else { throw fail("found \(shown), expected ':'") }
    position += 1
    return name
  }

  /// Reads the next value whatever it is, as a tree.
  package mutating func readValue() throws(JSONError) -> JSONValue {
    treeValueCount += 1
    guard treeValueCount <= limits.treeValueCount else {
      throw fail("more than \(limits.treeValueCount) values")
    }
    switch try nextKind() {
    case .null:
      try readWord("null")
      return .null
    case .bool: return .bool(try readBool())
    case .number:
      let number = try readNumber()
      return number.integer.map { .integer($0) } ?? .number(number.double)
    case .string: return .string(try readString())
    case .array:
      var values: [JSONValue] = []
      try enterArray()
      while try nextElement() { values.append(try readValue()) }
      return .array(values)
    case .object:
      var members: [(String, JSONValue)] = []
      var names: Set<String> = []
      try enterObject()
      while let name = try nextName() {
        guard names.insert(name).inserted else { throw fail("the name \"\(name)\" comes twice in one object, found") }
        members.append((name, try readValue()))
      }
      return .object(JSONValue.Members(members))
    }
  }

  /// Checks the next value and goes on behind it.
  package mutating func skipValue() throws(JSONError) {
    switch try nextKind() {
    case .null: try readWord("null")
    case .bool: _ = try readBool()
    case .number: _ = try scanNumber()
    case .string: _ = try readString()
    case .array:
      try enterArray()
      while try nextElement() { try skipValue() }
    case .object:
      try enterObject()
      while try nextName() != nil { try skipValue() }
    }
  }

  /// Reads `true` or `false`.
  package mutating func readBool() throws(JSONError) -> Bool {
    skipSpace()
    let isTrue = position < end && bytes[position] == UInt8(ascii: "t")
    try readWord(isTrue ? "true" : "false")
    return isTrue
  }

  private mutating func enter(_ bracket: Unicode.Scalar, _ expected: String) throws(JSONError) {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: bracket) else {
      throw fail("found \(shown), expected \(expected)")
    }
    guard isAtFirst.count < limits.depth else { throw fail("lists and objects are nested deeper than \(limits.depth)") }
    position += 1
    isAtFirst.append(true)
  }

  /// Steps over a comma, or over the closing bracket; `false` for the bracket.
  private mutating func goOn(until bracket: Unicode.Scalar) throws(JSONError) -> Bool {
    guard let isFirst = isAtFirst.last else { preconditionFailure("no list or object is open") }
    skipSpace()
    guard position < end else { throw fail("the text ends where '\(bracket)' is expected") }
    if bytes[position] == UInt8(ascii: bracket) {
      position += 1
      isAtFirst.removeLast()
      return false
    }
    if isFirst {
      isAtFirst[isAtFirst.count - 1] = false
      return true
    }
    guard bytes[position] == UInt8(ascii: ",") else { throw fail("found \(shown), expected ',' or '\(bracket)'") }
    position += 1
    skipSpace()
    guard position == end || bytes[position] != UInt8(ascii: bracket) else {
      throw fail("found '\(bracket)' behind a comma, expected a further value")
    }
    return true
  }

  private mutating func readWord(_ word: StaticString) throws(JSONError) {
    var next = position
    for index in 0..<word.utf8CodeUnitCount {
      guard next < end, bytes[next] == word.byte(index) else {
        throw fail("found \(shown), expected \(word)")
      }
      next += 1
    }
    position = next
  }

  @inline(__always)
  mutating func skipSpace() {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  /// What stands here, for a message.
  var shown: String {
    guard position < end else { return "the end of the text" }
    let byte = bytes[position]
    if (0x21...0x7E).contains(byte) { return "'\(Unicode.Scalar(byte))'" }
    return "the byte 0x" + String(byte, radix: 16)
  }

  func fail(_ message: String) -> JSONError { JSONError(message, at: position) }
}

extension StaticString {
  /// One byte of the text.
  fileprivate func byte(_ index: Int) -> UInt8 { utf8Start[index] }
}
