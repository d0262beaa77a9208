extension Xclbin {
  /// Bytes of the header without section headers.
  static let headerByteCount = 456
  /// Bytes of a section header.
  static let sectionHeaderByteCount = 40
  /// The longest file that is read: those with the bitstream of a large PL have some 50 MB.
  package static let largestByteCount = 256 << 20
  /// The first bytes.
  static let magic = Array("xclbin2\0".utf8)

  /// Reads a file's bytes. Everything is checked against their end before it is touched.
  ///
  /// - Throws: `malformed` with the byte; `invalid` where sections contradict each other.
  package init(reading file: [UInt8]) throws(BoardError) {
    let whole = ByteReader(file, name: "xclbin")
    guard !file.isEmpty else { throw whole.fault("the file is empty", at: 0) }
    guard file.starts(with: Xclbin.magic) else {
      throw whole.fault("does not begin with \"xclbin2\"\(Xclbin.guess(file)); give an .xclbin file", at: 0)
    }
    guard file.count >= Xclbin.headerByteCount else {
      throw whole.fault(
        "the file ends within the header, after \(file.count) of \(Xclbin.headerByteCount) bytes; copy it again",
        at: file.count)
    }
    let length = try whole.little(304, UInt64.self, "length")
    guard length <= file.count else {
      throw whole.fault("says that it has \(length) bytes, but \(file.count) are there; copy it again", at: 304)
    }
    let reader = try whole.part(0, Int(length), name: "xclbin")
    let version = Version(
      try reader.little(330, UInt8.self, "version"), try reader.little(331, UInt8.self, "version"),
      try reader.little(328, UInt16.self, "version"))
    let sections = try Xclbin.readSections(reader)
    try self.init(
      uuid: XclbinUUID(try reader.part(416, 16, name: "UUID").bytes),
      mode: Mode(rawValue: try reader.little(332, UInt16.self, "mode")),
      platform: try reader.text(352, 64, "platform"), version: version,
      timestamp: try reader.little(312, UInt64.self, "time"), sections: sections)
  }

  /// Makes an xclbin from sections, and reads the tables among them.
  ///
  /// - Throws: As reading a file does; byte offsets count from the start of the section.
  package init(
    uuid: XclbinUUID, mode: Mode = .flat, platform: String = "", version: Version = Version(2, 13, 0),
    timestamp: UInt64 = 0, sections: [XclbinSection]
  ) throws(BoardError) {
    self.uuid = uuid
    self.mode = mode
    self.platform = platform
    self.version = version
    self.timestamp = timestamp
    self.sections = sections
    func reader(_ kind: XclbinSection.Kind) throws(BoardError) -> ByteReader? {
      let found = sections.filter { $0.kind == kind }
      guard found.count <= 1 else {
        throw BoardError(
          .invalid, "xclbin: section \(kind) occurs \(found.count) times; readers would take different ones")
      }
      return found.first.map { ByteReader(Array($0.content), name: "xclbin, section \(kind)") }
    }
    for kind in [XclbinSection.Kind.embeddedMetadata, .debugIPLayout] { _ = try reader(kind) }
    computeUnits = try reader(.ipLayout).map(Xclbin.readComputeUnits) ?? []
    memoryBanks = try reader(.memoryTopology).map(Xclbin.readBanks) ?? []
    connections = try reader(.connectivity).map(Xclbin.readConnections) ?? []
    clocks = try reader(.clockTopology).map(Xclbin.readClocks) ?? []
    try Xclbin.check(connections, .connectivity, computeUnits.count, memoryBanks.count)
    // XRT prefers the tables with groups, so they have to hold as well.
    let groups = try reader(.groupTopology).map(Xclbin.readBanks)
    if let grouped = try reader(.groupConnectivity).map(Xclbin.readConnections) {
      try Xclbin.check(grouped, .groupConnectivity, computeUnits.count, groups?.count ?? memoryBanks.count)
    }
  }

  private static func readSections(_ reader: ByteReader) throws(BoardError) -> [XclbinSection] {
    let count = Int(try reader.little(448, UInt32.self, "number of sections"))
    let room = (reader.count - headerByteCount) / sectionHeaderByteCount
    guard count <= room else {
      throw reader.fault("says that it has \(count) sections, but has room for \(room) headers", at: 448)
    }
    let end = headerByteCount + count * sectionHeaderByteCount
    var sections: [XclbinSection] = []
    for index in 0..<count {
      let place = headerByteCount + index * sectionHeaderByteCount
      let header = try reader.part(place, sectionHeaderByteCount, name: "xclbin, header of section \(index)")
      let kind = XclbinSection.Kind(rawValue: try header.little(0, UInt32.self, "kind"))
      let offset = try header.little(24, UInt64.self, "offset")
      let size = try header.little(32, UInt64.self, "size")
      let (sectionEnd, overflow) = offset.addingReportingOverflow(size)
      guard !overflow, sectionEnd <= reader.count else {
        throw header.fault(
          "\(kind) of \(size) bytes at byte \(offset) overruns the file of \(reader.count) bytes", at: 24)
      }
      guard size == 0 || offset >= end else {
        throw header.fault("\(kind) begins at byte \(offset), inside the headers, which end at \(end)", at: 24)
      }
      let content = size == 0 ? [] : try reader.part(Int(offset), Int(size), name: "\(kind)").bytes
      sections.append(XclbinSection(kind, name: try header.text(4, 16, "name"), content: content))
    }
    return sections
  }

  private static func readComputeUnits(_ reader: ByteReader) throws(BoardError) -> [ComputeUnit] {
    var units: [ComputeUnit] = []
    for place in try places(reader, Int32.self, from: 8, each: 80) {
      units.append(
        ComputeUnit(
          kind: try reader.little(place, UInt32.self, "kind"),
          properties: try reader.little(place + 4, UInt32.self, "properties"),
          baseAddress: try reader.little(place + 8, UInt64.self, "base address"),
          fullName: try reader.text(place + 16, 64, "name")))
    }
    return units
  }

  private static func readBanks(_ reader: ByteReader) throws(BoardError) -> [MemoryBank] {
    var banks: [MemoryBank] = []
    for place in try places(reader, Int32.self, from: 8, each: 40) {
      banks.append(
        MemoryBank(
          try reader.text(place + 24, 16, "tag"), kibibytes: try reader.little(place + 8, UInt64.self, "size"),
          baseAddress: try reader.little(place + 16, UInt64.self, "base address"),
          isUsed: try reader.little(place + 1, UInt8.self, "use") != 0,
          kind: try reader.little(place, UInt8.self, "kind")))
    }
    return banks
  }

  private static func readConnections(_ reader: ByteReader) throws(BoardError) -> [BankConnection] {
    var connections: [BankConnection] = []
    for place in try places(reader, Int32.self, from: 4, each: 12) {
      connections.append(
        BankConnection(
          argument: Int(try reader.little(place, Int32.self, "argument")),
          computeUnit: Int(try reader.little(place + 4, Int32.self, "compute unit")),
          bank: Int(try reader.little(place + 8, Int32.self, "bank"))))
    }
    return connections
  }

  private static func readClocks(_ reader: ByteReader) throws(BoardError) -> [XclbinClock] {
    var clocks: [XclbinClock] = []
    for place in try places(reader, Int16.self, from: 2, each: 136) {
      clocks.append(
        XclbinClock(
          try reader.text(place + 8, 128, "name"), megahertz: try reader.little(place, UInt16.self, "frequency"),
          use: XclbinClock.Use(rawValue: try reader.little(place + 2, UInt8.self, "use"))))
    }
    return clocks
  }

  /// Where the entries of a table begin, once all of them are known to lie in it.
  private static func places<N: FixedWidthInteger>(
    _ reader: ByteReader, _ type: N.Type, from first: Int, each size: Int
  ) throws(BoardError) -> StrideTo<Int> {
    let count = try reader.little(0, type, "number of entries")
    let room = max(0, reader.count - first) / size
    guard count >= 0, count <= room else {
      throw reader.fault("says that it has \(count) entries, but has room for \(room)", at: 0)
    }
    return stride(from: first, to: first + Int(count) * size, by: size)
  }

  private static func check(
    _ connections: [BankConnection], _ kind: XclbinSection.Kind, _ unitCount: Int, _ bankCount: Int
  ) throws(BoardError) {
    for (index, connection) in connections.enumerated() {
      guard (0..<unitCount).contains(connection.computeUnit), (0..<bankCount).contains(connection.bank) else {
        throw BoardError(
          .invalid,
          "xclbin, section \(kind): entry \(index) joins compute unit \(connection.computeUnit) of \(unitCount) to bank \(connection.bank) of \(bankCount)"
        )
      }
    }
  }

  /// What a file seems to be instead.
  private static func guess(_ file: [UInt8]) -> String {
    if file.starts(with: [0x00, 0x09, 0x0F, 0xF0]) { return " (it looks like a .bit bitstream)" }
    if file.starts(with: [0xD0, 0x0D, 0xFE, 0xED]) { return " (it looks like a device-tree blob)" }
    if file.starts(with: Array("xclbin".utf8)) { return " (it is an xclbin of another, older format)" }
    if file.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return " (it looks like an ELF program)" }
    return ""
  }
}
