import Boards
import Tensors
import TestSupport
import Testing

@Suite struct XclbinReadingTests {
  /// A file written by hand, field by field, with one compute unit.
  static let goldenFile: [UInt8] = {
    var file = [UInt8](repeating: 0, count: 456 + 40 + 88)
    func put(_ bytes: [UInt8], _ position: Int) { file.replaceSubrange(position..<position + bytes.count, with: bytes) }
    put([0x78, 0x63, 0x6C, 0x62, 0x69, 0x6E, 0x32, 0x00], 0)  // "xclbin2"
    put([0xFF, 0xFF, 0xFF, 0xFF], 8)  // no signature
    put([0x48, 0x02], 304)  // 584 bytes
    put([0x80, 0x96, 0x98], 312)  // made at 10,000,000
    put([0xD2, 0x01, 0x02, 0x0D], 328)  // patch 466, major 2, minor 13
    put([0x01, 0x00], 332)  // mode: partial
    put(Array("board".utf8), 352)
    put(Array(0xA0...0xAF), 416)  // UUID
    put([0x01], 448)  // one section
    put([0x08, 0, 0, 0, 0x69, 0x70], 456)  // IP_LAYOUT, called "ip"
    put([0xF0, 0x01], 456 + 24)  // at 496
    put([0x58], 456 + 32)  // 88 bytes
    put([0x01], 496)  // one entry
    put([0x01, 0, 0, 0], 504)  // kernel
    put([0x87, 0x01, 0, 0], 508)  // interrupt on, number 67, AP_CTRL_CHAIN
    put([0x00, 0x00, 0x01, 0xA0, 0x01], 512)  // 0x1A0010000
    put(Array("dpu_xrt_top:dpu_1".utf8), 520)
    return file
  }()

  @Test("reads every field of a file written by hand")
  func golden() throws {
    let xclbin = try Xclbin(reading: Self.goldenFile)
    #expect(xclbin.uuid.description == "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf")
    #expect(xclbin.timestamp == 10_000_000 && xclbin.version.description == "2.13.466")
    #expect(xclbin.mode == .partial && xclbin.platform == "board")
    #expect(xclbin.sections.map(\.kind) == [.ipLayout] && xclbin.sections[0].name == "ip")
    let unit = try #require(xclbin.computeUnits.first)
    #expect(unit.fullName == "dpu_xrt_top:dpu_1" && unit.baseAddress == 0x1_A001_0000 && unit.interrupt == 67)
    #expect(unit.kind == .kernel && unit.controlProtocol == .chain)
    #expect(unit.isDPU)
  }

  @Test("what is written is read the same", arguments: ["xclbin-two-cores", "xclbin-kria", "xclbin-empty"])
  func roundTrip(name: String) throws {
    let xclbin = try #require(SampleXclbins.all().first { $0.name == name }).xclbin
    #expect(try Xclbin(reading: xclbin.serialized()) == xclbin)
    #expect(try Xclbin(reading: xclbin.serialized() + [1, 2, 3]) == xclbin, "what stands behind, such as a signature")
  }

  @Test("finds DPU cores by name, sorted by address, softmax apart")
  func cores() throws {
    let xclbin = try SampleXclbins.twoCores()
    #expect(xclbin.dpuCores.map(\.fullName) == ["DPUCZDX8G:DPUCZDX8G_1", "DPUCZDX8G:DPUCZDX8G_2"])
    #expect(xclbin.dpuCores.map(\.interrupt) == [1, 0])
    #expect(xclbin.computeUnits.filter(\.isSoftmax).map(\.fullName) == ["sfm_xrt_top:sfm_xrt_top_1"])
    #expect(xclbin.memoryBanks.map(\.tag) == ["HP0", "LPD"] && xclbin.memoryBanks.map(\.isUsed) == [true, false])
    #expect(xclbin.clocks.map(\.megahertz) == [300, 600] && xclbin.clocks.map(\.use) == [.data, .kernel])
    try xclbin.checkForDPU()
  }

  @Test("names all sections of the table and passes unknown ones through")
  func sectionNames() throws {
    for number in UInt32(0)...33 {
      let kind = XclbinSection.Kind(rawValue: number)
      #expect(XclbinSection.Kind(named: kind.description) == kind)
    }
    #expect(XclbinSection.Kind.ipLayout.description == "IP_LAYOUT")
    #expect(XclbinSection.Kind(rawValue: 33).description == "IP_METADATA")
    let later = XclbinSection(XclbinSection.Kind(rawValue: 999), name: "new", content: [1, 2, 3])
    let xclbin = try Xclbin(uuid: SampleXclbins.uuid, sections: [later])
    let again = try Xclbin(reading: xclbin.serialized())
    #expect(again.sections == [later] && later.kind.description == "kind 999")
  }

  @Test("refuses a file that XRT could not use for a DPU, and says why", arguments: Unfit.table)
  func unfit(_ unfit: Unfit) throws {
    let error = thrownError(BoardError.self) { try unfit.make().checkForDPU() }
    #expect(error?.code == .invalid && error?.message.contains(unfit.words) == true, "\(String(describing: error))")
  }

  @Test("says what is wrong with a damaged file, and where", arguments: XclbinFault.table)
  func faults(_ fault: XclbinFault) throws {
    let error = thrownError(BoardError.self) { try Xclbin(reading: fault.bytes) }
    #expect(error?.code == fault.code, "\(String(describing: error))")
    #expect(error?.byteOffset == fault.offset, "\(String(describing: error))")
    #expect(error?.message.contains(fault.words) == true, "\(String(describing: error))")
  }
}

/// An xclbin that is well formed but of no use for a DPU.
struct Unfit: CustomTestStringConvertible {
  let testDescription: String
  let make: @Sendable () throws -> Xclbin
  let words: String

  init(_ name: String, _ words: String, _ make: @escaping @Sendable () throws -> Xclbin) {
    testDescription = name
    self.words = words
    self.make = make
  }

  private static let bank = XclbinSection.memoryTopology([MemoryBank("HP0", kibibytes: 1)])
  private static let core = ComputeUnit("DPUCZDX8G:DPUCZDX8G_1", at: 0xA000_0000)

  private static func make(
    _ sections: [XclbinSection], mode: Xclbin.Mode = .flat, uuid: XclbinUUID = SampleXclbins.uuid
  ) throws -> Xclbin { try Xclbin(uuid: uuid, mode: mode, sections: sections) }

  static let table: [Unfit] = [
    Unfit("no IP_LAYOUT", "IP_LAYOUT is missing") { try make([bank]) },
    Unfit("empty IP_LAYOUT", "IP_LAYOUT is empty") { try make([bank, .ipLayout([])]) },
    Unfit("another kernel", "no DPU core, only vadd:vadd_1") {
      try make([bank, .ipLayout([ComputeUnit("vadd:vadd_1", at: 0)])])
    },
    Unfit("no bank in use", "no bank in use") {
      try make([.ipLayout([core]), .memoryTopology([MemoryBank("HP0", kibibytes: 1, isUsed: false)])])
    },
    Unfit("emulation", "for emulation (mode 4)") { try make([bank, .ipLayout([core])], mode: .emulation) },
    Unfit("UUID of zeros", "UUID is zero") {
      try make([bank, .ipLayout([core])], uuid: XclbinUUID([UInt8](repeating: 0, count: 16)))
    },
    Unfit("two cores of one address", "two DPU cores of one address") {
      try make([bank, .ipLayout([core, ComputeUnit("DPUCZDX8G:DPUCZDX8G_2", at: core.baseAddress)])])
    },
  ]
}

/// Bytes that are not a good xclbin, and what must be said of them.
struct XclbinFault: CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let offset: Int?
  let code: BoardError.Code
  let words: String

  init(
    _ name: String, at offset: Int?, _ words: String, _ code: BoardError.Code = .malformed,
    _ change: (inout [UInt8]) -> Void
  ) {
    testDescription = name
    var bytes = XclbinReadingTests.goldenFile
    change(&bytes)
    self.bytes = bytes
    self.offset = offset
    self.code = code
    self.words = words
  }

  private static func with(_ sections: [XclbinSection]) -> (inout [UInt8]) -> Void {
    { bytes in
      // Written without being read, since reading is what must refuse it.
      guard let plain = try? Xclbin(uuid: SampleXclbins.uuid, sections: []) else { return }
      bytes = plain.serialized(with: sections)
    }
  }

  static let table: [XclbinFault] = [
    XclbinFault("empty", at: 0, "empty") { $0 = [] },
    XclbinFault("text", at: 0, "does not begin with \"xclbin2\"; give") { $0 = Array("hello, world".utf8) },
    XclbinFault("bitstream", at: 0, "looks like a .bit bitstream") { $0 = [0, 9, 0x0F, 0xF0, 0x0F] },
    XclbinFault("device tree", at: 0, "looks like a device-tree blob") { $0 = [0xD0, 0x0D, 0xFE, 0xED] },
    XclbinFault("older format", at: 0, "older format") { $0[6] = 0x30 },
    XclbinFault("cut in the header", at: 100, "ends within the header, after 100 of 456") { $0 = Array($0[..<100]) },
    XclbinFault("cut behind the header", at: 304, "says that it has 584 bytes, but 583 are there") { $0.removeLast() },
    XclbinFault("length of 2^64-1", at: 304, "18446744073709551615 bytes") {
      $0.replaceSubrange(304..<312, with: repeatElement(0xFF, count: 8))
    },
    XclbinFault("length within the header", at: 100, "overruns 100 bytes") {
      $0[304] = 100
      $0[305] = 0
    },
    XclbinFault("2^32-1 sections", at: 448, "says that it has 4294967295 sections, but has room for 3") {
      $0.replaceSubrange(448..<452, with: repeatElement(0xFF, count: 4))
    },
    XclbinFault("section behind the end", at: 480, "IP_LAYOUT of 88 bytes at byte 497 overruns the file of 584") {
      $0[480] = 0xF1
    },
    XclbinFault("offset and size overflow", at: 480, "overruns the file") {
      $0.replaceSubrange(480..<496, with: repeatElement(0xFF, count: 16))
    },
    XclbinFault("section over the headers", at: 480, "begins at byte 456, inside the headers, which end at 496") {
      $0[480] = 0xC8
    },
    XclbinFault("more units than room", at: 0, "section IP_LAYOUT: says that it has 2 entries, but has room for 1") {
      $0[496] = 2
    },
    XclbinFault("fewer than no units", at: 0, "says that it has -1 entries") {
      $0.replaceSubrange(496..<500, with: repeatElement(0xFF, count: 4))
    },
    XclbinFault("name with control characters", at: 24, "name holds characters other than printable ASCII") {
      $0[521] = 0x1B
    },
    XclbinFault("platform that is not text", at: 352, "platform holds characters") { $0[352] = 0xC3 },
    XclbinFault(
      "two IP_LAYOUTs", at: nil, "section IP_LAYOUT occurs 2 times", .invalid, with([.ipLayout([]), .ipLayout([])])),
    XclbinFault(
      "connection of no unit", at: nil, "entry 0 joins compute unit 0 of 0 to bank 0 of 0", .invalid,
      with([.connectivity([BankConnection(argument: 0, computeUnit: 0, bank: 0)])])),
    XclbinFault(
      "connection to a bank below 0", at: nil, "ASK_GROUP_CONNECTIVITY: entry 0 joins", .invalid,
      with([
        .ipLayout([ComputeUnit("a:b", at: 0)]), .memoryTopology([MemoryBank("HP0", kibibytes: 1)]),
        .connectivity([BankConnection(argument: 0, computeUnit: 0, bank: -1)], .groupConnectivity),
      ])),
    XclbinFault(
      "table of one byte", at: 0, "number of entries of 4 bytes at 0 overruns 1 bytes", .malformed,
      with([XclbinSection(.ipLayout, content: [1])])),
  ]
}
