/// An xclbin: what XRT is told about the PL. Numbers have their lowest byte first.
///
/// | byte | size | holds |
/// |---|---|---|
/// | 0 | 8 | `xclbin2` and a NUL |
/// | 8 | 4 | bytes of a signature behind the file, -1 for none |
/// | 304 | 8 | bytes of the file |
/// | 312 | 8 | time it was made, seconds since 1970 |
/// | 328 | 4 | version: patch (2 bytes), major, minor |
/// | 332 | 2 | mode: see `Mode` |
/// | 352 | 64 | platform |
/// | 416 | 16 | UUID |
/// | 448 | 4 | number of sections |
/// | 456 | 40 each | section: kind u32 at 0, name 16 at 4, offset u64 at 24, size u64 at 32 |
///
/// | section | count | entries |
/// |---|---|---|
/// | IP_LAYOUT | i32 at 0 | from 8, 80 bytes: kind u32, properties u32, base u64, name 64 |
/// | MEM_TOPOLOGY | i32 at 0 | from 8, 40 bytes: kind u8, used u8, KiB u64 at 8, base u64 at 16, tag 16 at 24 |
/// | CONNECTIVITY | i32 at 0 | from 4, 12 bytes: argument i32, compute unit i32, bank i32 |
/// | CLOCK_FREQ_TOPOLOGY | i16 at 0 | from 2, 136 bytes: MHz u16, use u8, name 128 at 8 |
///
/// The properties of a compute unit: bit 0 interrupt on, 7:1 its number, 15:8 control protocol.
///
/// - Source: XRT's xclbin.h of releases 2.7, 2.13 and 2.16, which agree; checked against xclbinutil 2.25 in both
///   directions.
package struct Xclbin: Equatable, Sendable {
  /// What the file is for, by its number in the file.
  package struct Mode: Hashable, Sendable {
    /// The number in the file.
    let rawValue: UInt16

    /// A whole PL, programmed by something else than XRT: Kria, PYNQ, SD cards.
    package static let flat = Mode(rawValue: 0)
    /// A part of the PL, which XRT programs.
    package static let partial = Mode(rawValue: 1)
    /// Emulation of hardware.
    package static let emulation = Mode(rawValue: 4)

    /// Whether it is for an emulator, of hardware or of software.
    var isEmulation: Bool { (4...6).contains(rawValue) }
  }

  /// By what it is told apart.
  package let uuid: XclbinUUID
  /// What it is for.
  package let mode: Mode
  /// The platform that it was made for, often empty.
  package let platform: String
  /// The version of what made it.
  package let version: Version
  /// When it was made, in seconds since 1970.
  package let timestamp: UInt64
  /// The sections in the order of the file.
  package let sections: [XclbinSection]
  /// The compute units of IP_LAYOUT in its order, which is not the order of XRT's indexes.
  package let computeUnits: [ComputeUnit]
  /// The banks of MEM_TOPOLOGY.
  package let memoryBanks: [MemoryBank]
  /// The connections of CONNECTIVITY.
  package let connections: [BankConnection]
  /// The clocks of CLOCK_FREQ_TOPOLOGY; the files of Kria boards have none.
  package let clocks: [XclbinClock]

  /// The version of what made a file.
  package struct Version: Hashable, Sendable, CustomStringConvertible {
    /// The first number.
    package let major: UInt8
    /// The second number.
    package let minor: UInt8
    /// The third number.
    package let patch: UInt16

    /// Makes a version.
    package init(_ major: UInt8, _ minor: UInt8, _ patch: UInt16) {
      self.major = major
      self.minor = minor
      self.patch = patch
    }

    /// The numbers with dots.
    package var description: String { "\(major).\(minor).\(patch)" }
  }

  /// The sections of a kind.
  package func sections(_ kind: XclbinSection.Kind) -> [XclbinSection] { sections.filter { $0.kind == kind } }

  /// The DPU cores, sorted by address as AMD's runtime does.
  package var dpuCores: [ComputeUnit] { computeUnits.filter(\.isDPU).sorted { $0.baseAddress < $1.baseAddress } }

  /// Says whether XRT and AMD's runtime could use the file for a DPU on a board.
  ///
  /// - Throws: `invalid` with what is missing and what to do.
  package func checkForDPU() throws(BoardError) {
    func missing(_ problem: String) -> BoardError {
      BoardError(.invalid, "\(problem); take the xclbin that was built together with the bitstream")
    }
    guard !mode.isEmulation else {
      throw missing("the xclbin is for emulation (mode \(mode.rawValue)), not for a board")
    }
    guard !uuid.isZero else { throw missing("the xclbin's UUID is zero, so nothing can be told apart by it") }
    guard !computeUnits.isEmpty else {
      throw missing(
        "the xclbin has no compute units (its IP_LAYOUT is \(sections(.ipLayout).isEmpty ? "missing" : "empty"))")
    }
    guard !dpuCores.isEmpty else {
      let names = computeUnits.map(\.fullName).joined(separator: ", ")
      throw missing("the xclbin has no DPU core, only \(names)")
    }
    guard memoryBanks.contains(where: \.isUsed) else {
      throw missing("the xclbin's MEM_TOPOLOGY has no bank in use, which XRT needs")
    }
    for (index, core) in dpuCores.enumerated().dropFirst()
    where core.baseAddress == dpuCores[index - 1].baseAddress || core.fullName == dpuCores[index - 1].fullName {
      throw missing("the xclbin has two DPU cores of one address or name: \(core.fullName)")
    }
  }
}
