#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// JSON as the benchmark prints it: keys in a fixed order, so that two records can be compared as text.
enum JSON {
  /// A value on one line.
  static func line(_ value: some Encodable) throws -> String { try text(value, []) }

  /// A value over many lines.
  static func document(_ value: some Encodable) throws -> String { try text(value, [.prettyPrinted]) }

  private static func text(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
