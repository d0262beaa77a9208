#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Any JSON, for files whose mistakes we want to name better than decoding into a type would.
enum JSONValue: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// Parses a JSON text.
  ///
  /// - Throws: `badCard` with the parser's reason.
  static func parse(_ content: [UInt8]) throws(VisionError) -> JSONValue {
    do {
      return try JSONDecoder().decode(JSONValue.self, from: Data(content))
    } catch DecodingError.dataCorrupted(let context) {
      let reason = context.underlyingError.map { String(describing: $0) } ?? context.debugDescription
      throw VisionError(.badCard, "is not JSON: \(reason)")
    } catch {
      throw VisionError(.badCard, "is not JSON: \(error)")
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// The value as a message shows it: short, and with its kind where that is not plain.
  var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .number(let value): value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    case .text(let value): "\"\(value.prefix(40))\""
    case .list(let values): "a list of \(values.count)"
    case .object: "an object"
    }
  }
}
