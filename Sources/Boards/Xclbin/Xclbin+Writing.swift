extension Xclbin {
  /// The bytes of a file with these sections, each beginning at a multiple of 8.
  ///
  /// - Precondition: Names fit into their fields, which those of a file that was read do.
  package func serialized() -> [UInt8] { serialized(with: sections) }

  /// The bytes of a file with this header and other sections, which may contradict each other.
  package func serialized(with sections: [XclbinSection]) -> [UInt8] {
    var offsets: [Int] = []
    var end = Xclbin.aligned(Xclbin.headerByteCount + sections.count * Xclbin.sectionHeaderByteCount)
    for section in sections {
      offsets.append(end)
      end = Xclbin.aligned(end + section.content.count)
    }
    // What is not named in the table at the top of the type is all ones before byte 296, and zero behind.
    var bytes = ByteWriter(count: end)
    bytes.fill(8..<296, with: 0xFF)
    bytes.put(Xclbin.magic, at: 0)
    bytes.put(UInt64(end), at: 304)
    bytes.put(timestamp, at: 312)
    bytes.put(version.patch, at: 328)
    bytes.put(version.major, at: 330)
    bytes.put(version.minor, at: 331)
    bytes.put(mode.rawValue, at: 332)
    bytes.put(platform, at: 352, room: 64)
    bytes.put(uuid.bytes, at: 416)
    bytes.put(UInt32(sections.count), at: 448)
    for (index, (section, offset)) in zip(sections, offsets).enumerated() {
      let place = Xclbin.headerByteCount + index * Xclbin.sectionHeaderByteCount
      bytes.put(section.kind.rawValue, at: place)
      bytes.put(section.name, at: place + 4, room: 16)
      bytes.put(UInt64(offset), at: place + 24)
      bytes.put(UInt64(section.content.count), at: place + 32)
      bytes.put(section.content, at: offset)
    }
    return bytes.bytes
  }

  private static func aligned(_ position: Int) -> Int { (position + 7) / 8 * 8 }
}

extension XclbinSection {
  /// Makes an IP_LAYOUT.
  package static func ipLayout(_ units: [ComputeUnit]) -> XclbinSection {
    var bytes = ByteWriter(count: 8 + units.count * 80)
    bytes.put(Int32(units.count), at: 0)
    for (index, unit) in units.enumerated() {
      let place = 8 + index * 80
      bytes.put(unit.kind.rawValue, at: place)
      bytes.put(unit.properties, at: place + 4)
      bytes.put(unit.baseAddress, at: place + 8)
      bytes.put(unit.fullName, at: place + 16, room: 64)
    }
    return XclbinSection(.ipLayout, content: bytes.bytes)
  }

  /// Makes a MEM_TOPOLOGY, or the table with groups, which has the same form.
  package static func memoryTopology(_ banks: [MemoryBank], _ kind: Kind = .memoryTopology) -> XclbinSection {
    var bytes = ByteWriter(count: 8 + banks.count * 40)
    bytes.put(Int32(banks.count), at: 0)
    for (index, bank) in banks.enumerated() {
      let place = 8 + index * 40
      bytes.put(bank.kind, at: place)
      bytes.put(bank.isUsed ? 1 as UInt8 : 0, at: place + 1)
      bytes.put(bank.kibibytes, at: place + 8)
      bytes.put(bank.baseAddress, at: place + 16)
      bytes.put(bank.tag, at: place + 24, room: 16)
    }
    return XclbinSection(kind, content: bytes.bytes)
  }

  /// Makes a CONNECTIVITY, or the table with groups, which has the same form.
  package static func connectivity(_ connections: [BankConnection], _ kind: Kind = .connectivity) -> XclbinSection {
    var bytes = ByteWriter(count: 4 + connections.count * 12)
    bytes.put(Int32(connections.count), at: 0)
    for (index, connection) in connections.enumerated() {
      let place = 4 + index * 12
      bytes.put(Int32(connection.argument), at: place)
      bytes.put(Int32(connection.computeUnit), at: place + 4)
      bytes.put(Int32(connection.bank), at: place + 8)
    }
    return XclbinSection(kind, content: bytes.bytes)
  }

  /// Makes a CLOCK_FREQ_TOPOLOGY.
  package static func clockTopology(_ clocks: [XclbinClock]) -> XclbinSection {
    var bytes = ByteWriter(count: 2 + clocks.count * 136)
    bytes.put(Int16(clocks.count), at: 0)
    for (index, clock) in clocks.enumerated() {
      let place = 2 + index * 136
      bytes.put(clock.megahertz, at: place)
      bytes.put(clock.use.rawValue, at: place + 2)
      bytes.put(clock.name, at: place + 8, room: 128)
    }
    return XclbinSection(.clockTopology, content: bytes.bytes)
  }
}
