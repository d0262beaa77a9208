/// The header of an `.npy` file.
///
/// | bytes | meaning |
/// |---|---|
/// | 0–5 | `93 4E 55 4D 50 59`, that is `\x93NUMPY` |
/// | 6, 7 | version: 1.0, 2.0 or 3.0 |
/// | 8–9 or 8–11 | length of the text that follows, little endian, two bytes in version 1 and four from version 2 on |
/// | then | a Python dictionary with the keys `descr`, `fortran_order` and `shape`, padded with blanks, ended by a line feed |
/// | then | the elements |
///
/// - Source: NumPy Enhancement Proposal 1; `numpy.lib.format`.
struct NumpyHeader: Equatable {
  /// The type of the elements.
  var element: NumpyArray.Element
  /// Whether elements stand with the most significant byte first.
  var isBigEndian: Bool
  /// Whether the first axis is the contiguous one.
  var isFortranOrder: Bool
  /// The extents.
  var dimensions: [Int]
  /// Where the elements begin.
  var byteCount: Int

  /// Reads the header at the beginning of a file.
  ///
  /// - Throws: `damaged` or `unsupported`, naming the field.
  init(of content: [UInt8]) throws(VisionError) {
    guard FileFormat(of: content) == .numpy else {
      throw VisionError(.unknownFormat, "is not an NPY array: it begins with \(FileFormat.beginning(of: content))")
    }
    guard content.count >= 10 else {
      throw NumpyHeader.cutOff(
        "after \(content.count) bytes, in its version and"
          + " length")
    }
    let major = content[6]
    guard (1...3).contains(major), content[7] == 0 else {
      throw VisionError(.unsupported, "is an NPY array of version \(major).\(content[7]), expected 1.0, 2.0 or 3.0")
    }
    let lengthByteCount = major == 1 ? 2 : 4
    let start = 8 + lengthByteCount
    guard content.count >= start else { throw NumpyHeader.cutOff("after \(content.count) bytes, in its length") }
    let length = content[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= content.count - start else {
      throw NumpyHeader.cutOff("in its header: of \(length) header bytes \(content.count - start) are there")
    }
    byteCount = start + length
    guard let text = String(validating: content[start..<byteCount], as: UTF8.self) else {
      throw NumpyHeader.wrong("header", found: "bytes that are not text", expected: "a Python dictionary")
    }
    var parser = PythonLiteralParser(text)
    guard case .dictionary(let entries)? = parser.parseWhole() else {
      throw NumpyHeader.wrong("header", found: String(text.prefix(60)), expected: "a Python dictionary")
    }
    guard case .string(let descriptor)? = entries["descr"] else {
      let found = entries["descr"] == nil ? "nothing" : "a structured type"
      throw NumpyHeader.wrong("descr", found: found, expected: "one type such as '<f4'")
    }
    (element, isBigEndian) = try NumpyHeader.elementType(descriptor)
    guard case .bool(let isFortranOrder)? = entries["fortran_order"] else {
      throw NumpyHeader.wrong("fortran_order", found: "something else", expected: "True or False")
    }
    self.isFortranOrder = isFortranOrder
    guard case .tuple(let values)? = entries["shape"] else {
      throw NumpyHeader.wrong("shape", found: "something else", expected: "a tuple of whole numbers")
    }
    dimensions = []
    for value in values {
      guard case .number(let extent) = value else {
        throw NumpyHeader.wrong("shape", found: "a tuple of other things", expected: "a tuple of whole numbers")
      }
      dimensions.append(extent)
    }
  }

  private static func elementType(_ descriptor: String) throws(VisionError) -> (NumpyArray.Element, Bool) {
    let order = descriptor.first
    let name = order.map { "<>|=".contains($0) } == true ? String(descriptor.dropFirst()) : descriptor
    guard let element = NumpyArray.Element.allCases.first(where: { $0.descriptor == name }) else {
      let known = NumpyArray.Element.allCases.map(\.rawValue).joined(separator: ", ")
      throw VisionError(.unsupported, "is an NPY array of type '\(descriptor)', expected one of \(known)")
    }
    return (element, order == ">" && element.byteCount > 1)
  }

  static func cutOff(_ place: String) -> VisionError { VisionError(.damaged, "is an NPY array that ends \(place)") }

  static func wrong(_ field: String, found: String, expected: String) -> VisionError {
    VisionError(.damaged, "is an NPY array whose field `\(field)` is \(found), expected \(expected)")
  }
}

/// Reads the few kinds of Python literals that occur in NPY headers.
private struct PythonLiteralParser {
  enum Value {
    case string(String)
    case bool(Bool)
    case number(Int)
    case tuple([Value])
    case dictionary([String: Value])
    /// A list, as structured types have; its content does not matter.
    case list
  }

  private var rest: Substring

  init(_ text: String) { rest = Substring(text) }

  mutating func parseWhole() -> Value? {
    let value = parseValue(depth: 0)
    skipBlanks()
    return rest.isEmpty ? value : nil
  }

  private mutating func parseValue(depth: Int) -> Value? {
    // A header nests two levels; anything deeper is not one.
    guard depth < 8 else { return nil }
    skipBlanks()
    guard let first = rest.first else { return nil }
    switch first {
    case "'", "\"": return parseString().map(Value.string)
    case "{": return parseDictionary(depth: depth)
    case "(":
      rest.removeFirst()
      var values = [Value]()
      while !take(")") {
        guard let value = parseValue(depth: depth + 1) else { return nil }
        values.append(value)
        if !take(",") {
          guard take(")") else { return nil }
          break
        }
      }
      return .tuple(values)
    case "[":
      rest.removeFirst()
      while !take("]") {
        guard parseValue(depth: depth + 1) != nil else { return nil }
        if !take(",") {
          guard take("]") else { return nil }
          break
        }
      }
      return .list
    case "0"..."9":
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      // Python 2 wrote long integers with an L.
      if rest.first == "L" { rest.removeFirst() }
      return Int(digits).map(Value.number)
    default:
      let word = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(word.count)
      return word == "True" ? .bool(true) : word == "False" ? .bool(false) : nil
    }
  }

  private mutating func parseDictionary(depth: Int) -> Value? {
    rest.removeFirst()
    var entries = [String: Value]()
    while !take("}") {
      skipBlanks()
      guard let key = parseString(), take(":"), let value = parseValue(depth: depth + 1) else { return nil }
      guard entries.updateValue(value, forKey: key) == nil else { return nil }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    return .dictionary(entries)
  }

  private mutating func parseString() -> String? {
    guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
    rest.removeFirst()
    guard let end = rest.firstIndex(of: quote) else { return nil }
    let text = rest[..<end]
    rest = rest[rest.index(after: end)...]
    return text.contains("\\") ? nil : String(text)
  }

  private mutating func take(_ character: Character) -> Bool {
    skipBlanks()
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func skipBlanks() { rest = rest.drop { $0.isWhitespace } }
}
