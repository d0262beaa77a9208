/// An entry of MEM_TOPOLOGY: a way into memory. On Zynq UltraScale+ all of them lead to the same DDR.
package struct MemoryBank: Hashable, Sendable {
  /// The number of its kind in the file; 1 is DDR4.
  package let kind: UInt8
  /// Whether a compute unit uses it; AMD's runtime wants one that is.
  package let isUsed: Bool
  /// Bytes in units of 1024.
  package let kibibytes: UInt64
  /// Where it begins.
  package let baseAddress: UInt64
  /// Its name, such as `HP0`.
  package let tag: String

  /// Makes an entry.
  package init(_ tag: String, kibibytes: UInt64, baseAddress: UInt64 = 0, isUsed: Bool = true, kind: UInt8 = 1) {
    self.kind = kind
    self.isUsed = isUsed
    self.kibibytes = kibibytes
    self.baseAddress = baseAddress
    self.tag = tag
  }
}

/// An entry of CONNECTIVITY: the bank that an argument of a compute unit points into.
package struct BankConnection: Hashable, Sendable {
  /// The argument.
  package let argument: Int
  /// The compute unit, by its place in IP_LAYOUT.
  package let computeUnit: Int
  /// The bank, by its place in MEM_TOPOLOGY.
  package let bank: Int

  /// Makes an entry.
  package init(argument: Int, computeUnit: Int, bank: Int) {
    self.argument = argument
    self.computeUnit = computeUnit
    self.bank = bank
  }
}

/// An entry of CLOCK_FREQ_TOPOLOGY.
package struct XclbinClock: Hashable, Sendable {
  /// What a clock drives, by its number in the file.
  package struct Use: Hashable, Sendable {
    /// The number in the file.
    let rawValue: UInt8

    /// What moves data.
    package static let data = Use(rawValue: 1)
    /// What computes.
    package static let kernel = Use(rawValue: 2)
    /// Everything else.
    package static let system = Use(rawValue: 3)
  }

  /// Its name.
  package let name: String
  /// Its frequency.
  package let megahertz: UInt16
  /// What it drives.
  package let use: Use

  /// Makes an entry.
  package init(_ name: String, megahertz: UInt16, use: Use) {
    self.name = name
    self.megahertz = megahertz
    self.use = use
  }
}
