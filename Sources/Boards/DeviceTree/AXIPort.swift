/// A port between PS and PL whose width software has to set before a design uses it.
package enum AXIPort: String, Sendable, CaseIterable, Codable, Comparable {
  case hpc0 = "HPC0"
  case hpc1 = "HPC1"
  case hp0 = "HP0"
  case hp1 = "HP1"
  case hp2 = "HP2"
  case hp3 = "HP3"
  case lpd = "LPD"
  case hpm0 = "HPM0_FPD"
  case hpm1 = "HPM1_FPD"
  case hpm0LPD = "HPM0_LPD"

  /// Orders ports as the list above does.
  package static func < (left: AXIPort, right: AXIPort) -> Bool { left.place < right.place }

  private var place: Int { AXIPort.allCases.firstIndex(of: self) ?? 0 }

  /// The port behind the tag of a memory bank in an xclbin.
  package init?(bankTag: String) { self.init(rawValue: bankTag) }

  /// The port through which the PS reaches registers of the PL at an address.
  ///
  /// - Source: UG1085, system address map.
  package init?(registersAt address: UInt64) {
    switch address {
    case 0x8000_0000..<0xA000_0000: self = .hpm0LPD
    case 0xA000_0000..<0xB000_0000, 0x4_0000_0000..<0x5_0000_0000, 0x10_0000_0000..<0x48_0000_0000: self = .hpm0
    case 0xB000_0000..<0xC000_0000, 0x5_0000_0000..<0x6_0000_0000, 0x48_0000_0000..<0x80_0000_0000: self = .hpm1
    default: return nil
    }
  }
}

/// How wide a port is, in bits; the two ways can differ.
package struct AXIPortWidth: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Bits of the way in which data is read.
  package var read: Int
  /// Bits of the way in which data is written.
  package var write: Int

  /// Makes a width.
  package init(read: Int, write: Int) {
    self.read = read
    self.write = write
  }

  /// Both ways in one word where they agree.
  package var description: String { read == write ? "\(read) bit" : "read \(read) bit, write \(write) bit" }
}
