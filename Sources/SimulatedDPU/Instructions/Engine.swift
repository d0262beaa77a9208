/// The four parts of a core that work side by side, each on its instructions in order.
package enum Engine: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// From memory into banks.
  case load
  /// From banks into memory; also ends the program.
  case save
  /// Convolutions.
  case conv
  /// Pools, depthwise convolutions, element-wise operations.
  case misc

  /// The name in program text and messages.
  package var description: String {
    switch self {
    case .load: "load"
    case .save: "save"
    case .conv: "conv"
    case .misc: "misc"
    }
  }
}

/// A set of engines, as the four bits of a token field hold it.
package struct Engines: OptionSet, Hashable, Sendable, CustomStringConvertible {
  /// One bit for each engine, the lowest for `load`.
  package let rawValue: UInt8

  /// Makes a set from the bits of a token field.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Makes a set of one engine.
  package init(_ engine: Engine) { rawValue = 1 << UInt8(engine.rawValue) }

  /// Whether an engine is in the set.
  package func contains(_ engine: Engine) -> Bool { contains(Engines(engine)) }

  /// The engines of the set, in the order of their bits.
  package var members: [Engine] { Engine.allCases.filter { contains($0) } }

  /// The names joined by `+`, or `none`.
  package var description: String {
    isEmpty ? "none" : members.map(\.description).joined(separator: "+")
  }
}
