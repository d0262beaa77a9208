/// One section of an xclbin.
package struct XclbinSection: Equatable, Sendable {
  /// What a section holds.
  package let kind: Kind
  /// The name in its header, mostly empty or the name of the file that it was made from.
  package let name: String
  /// The bytes.
  package let content: ArraySlice<UInt8>

  /// Makes a section.
  package init(_ kind: Kind, name: String = "", content: some Collection<UInt8>) {
    self.kind = kind
    self.name = name
    self.content = ArraySlice(content)
  }

  /// What a section holds, by its number in the file.
  ///
  /// - Source: enum axlf_section_kind of XRT's xclbin.h, releases 2.7 to 2.16.
  package struct Kind: Hashable, Sendable, CustomStringConvertible {
    /// The number in the file.
    package let rawValue: UInt32

    /// Takes a number; any is allowed, since new releases bring new ones.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The bitstream of a full SD-card image; absent where the platform programs the PL.
    package static let bitstream = Kind(rawValue: 0)
    /// XML about kernels, their arguments and clocks.
    package static let embeddedMetadata = Kind(rawValue: 2)
    /// The memory banks.
    package static let memoryTopology = Kind(rawValue: 6)
    /// Which argument of which compute unit goes to which bank.
    package static let connectivity = Kind(rawValue: 7)
    /// The compute units.
    package static let ipLayout = Kind(rawValue: 8)
    /// Monitors in the PL.
    package static let debugIPLayout = Kind(rawValue: 9)
    /// The clocks.
    package static let clockTopology = Kind(rawValue: 11)
    /// JSON about how it was built.
    package static let buildMetadata = Kind(rawValue: 14)
    /// The memory banks with groups of them behind.
    package static let groupTopology = Kind(rawValue: 26)
    /// The connections to groups of banks.
    package static let groupConnectivity = Kind(rawValue: 27)
    /// A device-tree overlay.
    package static let overlay = Kind(rawValue: 30)

    /// The name in XRT's header, or the number where it is new.
    package var description: String {
      rawValue < UInt32(Kind.names.count) ? Kind.names[Int(rawValue)] : "kind \(rawValue)"
    }

    /// The kind of a name in XRT's header.
    package init?(named name: String) {
      guard let index = Kind.names.firstIndex(of: name) else { return nil }
      rawValue = UInt32(index)
    }

    private static let names = [
      "BITSTREAM", "CLEARING_BITSTREAM", "EMBEDDED_METADATA", "FIRMWARE", "DEBUG_DATA", "SCHED_FIRMWARE",
      "MEM_TOPOLOGY", "CONNECTIVITY", "IP_LAYOUT", "DEBUG_IP_LAYOUT", "DESIGN_CHECK_POINT", "CLOCK_FREQ_TOPOLOGY",
      "MCS", "BMC", "BUILD_METADATA", "KEYVALUE_METADATA", "USER_METADATA", "DNA_CERTIFICATE", "PDI",
      "BITSTREAM_PARTIAL_PDI", "PARTITION_METADATA", "EMULATION_DATA", "SYSTEM_METADATA", "SOFT_KERNEL", "ASK_FLASH",
      "AIE_METADATA", "ASK_GROUP_TOPOLOGY", "ASK_GROUP_CONNECTIVITY", "SMARTNIC", "AIE_RESOURCES", "OVERLAY",
      "VENDER_METADATA", "AIE_PARTITION", "IP_METADATA",
    ]
  }
}
