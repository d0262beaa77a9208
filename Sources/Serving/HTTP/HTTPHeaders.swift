/// The headers of a message, in the order in which they came; names are compared without regard to case.
package struct HTTPHeaders: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  /// One line.
  package struct Line: Equatable, Sendable {
    /// The name as it was written.
    package let name: String
    /// The value without spaces around it.
    package let value: String
  }

  /// The lines.
  package private(set) var lines: [Line] = []

  /// Makes headers from names and values.
  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { add(name, value) }
  }

  /// Adds a line.
  package mutating func add(_ name: String, _ value: String) { lines.append(Line(name: name, value: value)) }

  /// The values of a name, in order.
  package func values(_ name: String) -> [String] {
    let wanted = name.lowercased()
    return lines.filter { $0.name.lowercased() == wanted }.map(\.value)
  }

  /// The value of a name that may come once at most.
  ///
  /// - Throws: `.badRequest` where it comes more than once: two readers could take it for two things.
  package func single(_ name: String) throws(ServingError) -> String? {
    let found = values(name)
    guard found.count <= 1 else {
      throw ServingError(.badRequest, "the header \(name) comes \(found.count) times, expected once")
    }
    return found.first
  }

  /// A count of bytes: digits and nothing else.
  ///
  /// - Throws: `.badRequest` for anything else, and for more than an `Int` holds.
  package func byteCount(_ name: String) throws(ServingError) -> Int? {
    guard let text = try single(name) else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let count = Int(text) else {
      throw ServingError(.badRequest, "the header \(name) is \"\(text.prefix(40))\", expected a number of bytes")
    }
    return count
  }
}
