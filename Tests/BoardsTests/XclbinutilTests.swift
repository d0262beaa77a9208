import Boards
import Foundation
import TestSupport
import Testing

/// The same file in the eyes of AMD's tool and in ours, in both directions.
@Suite(
  .enabled(if: Xclbinutil.program != nil || OutsideProgram.areExpected, Comment(rawValue: Xclbinutil.absence))
) struct XclbinutilTests {
  /// Sections as AMD's tool takes and gives them.
  static let sections: [(kind: XclbinSection.Kind, json: String)] = [
    (
      .memoryTopology,
      #"""
      {"mem_topology":{"m_count":"2","m_mem_data":[
      {"m_type":"MEM_DDR4","m_used":"1","m_sizeKB":"0x200000","m_tag":"HP0","m_base_address":"0x0"},
      {"m_type":"MEM_DDR4","m_used":"0","m_sizeKB":"0x80000","m_tag":"LPD","m_base_address":"0x800000000"}]}}
      """#
    ),
    (
      .ipLayout,
      #"""
      {"ip_layout":{"m_count":"2","m_ip_data":[
      {"m_type":"IP_KERNEL","m_int_enable":"1","m_interrupt_id":"5","m_ip_control":"AP_CTRL_CHAIN",
       "m_base_address":"0x80050000","m_name":"DPUCZDX8G:DPUCZDX8G_2"},
      {"m_type":"IP_KERNEL","m_int_enable":"0","m_interrupt_id":"0","m_ip_control":"AP_CTRL_HS",
       "m_base_address":"0xa0010000","m_name":"DPUCZDX8G:DPUCZDX8G_1"}]}}
      """#
    ),
    (
      .connectivity,
      #"""
      {"connectivity":{"m_count":"2","m_connection":[
      {"arg_index":"3","m_ip_layout_index":"0","mem_data_index":"0"},
      {"arg_index":"12","m_ip_layout_index":"1","mem_data_index":"1"}]}}
      """#
    ),
    (
      .clockTopology,
      #"""
      {"clock_freq_topology":{"m_count":"3","m_clock_freq":[
      {"m_freq_Mhz":"300","m_type":"DATA","m_name":"clk_300"},
      {"m_freq_Mhz":"600","m_type":"KERNEL","m_name":"clk_600"},
      {"m_freq_Mhz":"100","m_type":"SYSTEM","m_name":"pl0"}]}}
      """#
    ),
  ]

  static let banks = [
    MemoryBank("HP0", kibibytes: 0x20_0000),
    MemoryBank("LPD", kibibytes: 0x8_0000, baseAddress: 0x8_0000_0000, isUsed: false),
  ]
  static let units = [
    ComputeUnit("DPUCZDX8G:DPUCZDX8G_2", at: 0x8005_0000, interrupt: 5, controlProtocol: .chain),
    ComputeUnit("DPUCZDX8G:DPUCZDX8G_1", at: 0xA001_0000),
  ]
  static let connections = [
    BankConnection(argument: 3, computeUnit: 0, bank: 0), BankConnection(argument: 12, computeUnit: 1, bank: 1),
  ]
  static let clocks = [
    XclbinClock("clk_300", megahertz: 300, use: .data), XclbinClock("clk_600", megahertz: 600, use: .kernel),
    XclbinClock("pl0", megahertz: 100, use: .system),
  ]

  static func builtHere() throws -> Xclbin {
    try Xclbin(
      uuid: SampleXclbins.uuid, platform: "vendor_board_platform_1", timestamp: 1_700_000_000,
      sections: [
        .memoryTopology(banks), .ipLayout(units), .connectivity(connections), .clockTopology(clocks),
        XclbinSection(.embeddedMetadata, content: Array("<?xml version=\"1.0\"?>\n<project/>\n".utf8)),
      ])
  }

  @Test("reads what xclbinutil makes, value for value")
  func theirsReadHere() throws {
    try TemporaryFolder.with { folder in
      var arguments: [String] = []
      for (kind, json) in Self.sections {
        try Data(json.utf8).write(to: folder.appendingPathComponent("\(kind).json"))
        arguments += ["--add-section", "\(kind):JSON:\(kind).json"]
      }
      try Data("<project/>".utf8).write(to: folder.appendingPathComponent("xml"))
      arguments += ["--add-section", "EMBEDDED_METADATA:RAW:xml", "--output", "made.xclbin"]
      try Xclbinutil.run(arguments, in: folder)
      let xclbin = try Xclbin(reading: [UInt8](Data(contentsOf: folder.appendingPathComponent("made.xclbin"))))
      #expect(xclbin.memoryBanks == Self.banks)
      #expect(xclbin.computeUnits == Self.units)
      #expect(xclbin.connections == Self.connections)
      #expect(xclbin.clocks == Self.clocks)
      #expect(xclbin.sections(.embeddedMetadata).map { Array($0.content) } == [Array("<project/>".utf8)])
      #expect(xclbin.mode == .flat && xclbin.version.major == 2)
      let report = try Xclbinutil.run(["--info", "--input", "made.xclbin"], in: folder)
      #expect(report.contains(xclbin.uuid.description), "\(xclbin.uuid): \(report)")
    }
  }

  @Test("xclbinutil reads what is written here, value for value and byte for byte")
  func oursReadThere() throws {
    let xclbin = try Self.builtHere()
    try TemporaryFolder.with { folder in
      try Data(xclbin.serialized()).write(to: folder.appendingPathComponent("ours.xclbin"))
      let report = try Xclbinutil.run(["--info", "--input", "ours.xclbin"], in: folder)
      #expect(report.contains(xclbin.uuid.description) && report.contains("vendor_board_platform_1"), "\(report)")
      for (kind, json) in Self.sections {
        try Xclbinutil.run(
          [
            "--input", "ours.xclbin", "--dump-section", "\(kind):JSON:out.json", "--dump-section",
            "\(kind):RAW:out.raw",
          ],
          in: folder)
        let dumped =
          try JSONSerialization.jsonObject(
            with: Data(contentsOf: folder.appendingPathComponent("out.json"))) as? NSDictionary
        let expected = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary
        #expect(Self.values(dumped) == Self.values(expected), "\(kind)")
        let raw = try [UInt8](Data(contentsOf: folder.appendingPathComponent("out.raw")))
        #expect(raw == xclbin.sections(kind).first.map { Array($0.content) }, "\(kind)")
      }
    }
  }

  @Test("xclbinutil knows the sections by the same numbers")
  func sectionNumbers() throws {
    try TemporaryFolder.with { folder in
      // Those that it takes as bytes without looking into them.
      let names = [
        "BITSTREAM", "CLEARING_BITSTREAM", "FIRMWARE", "DEBUG_DATA", "SCHED_FIRMWARE", "MCS", "OVERLAY", "PDI",
      ]
      for name in names {
        guard let kind = XclbinSection.Kind(named: name) else { throw Xclbinutil.Failed(description: name) }
        let section = XclbinSection(kind, content: Array(name.utf8))
        let bytes = try Xclbin(uuid: SampleXclbins.uuid, sections: [section]).serialized()
        try Data(bytes).write(to: folder.appendingPathComponent("one.xclbin"))
        let dump = ["--input", "one.xclbin", "--dump-section", "\(name):RAW:out.raw"]
        guard (try? Xclbinutil.run(dump, in: folder)) != nil else {
          Issue.record("\(name) is not what xclbinutil calls section \(kind.rawValue)")
          continue
        }
        #expect(try [UInt8](Data(contentsOf: folder.appendingPathComponent("out.raw"))) == Array(name.utf8), "\(name)")
      }
    }
  }

  /// The values of a tree by path, numbers in one spelling.
  private static func values(_ tree: Any?, path: String = "") -> [String: String] {
    if let object = tree as? NSDictionary {
      return object.allKeys.reduce(into: [:]) { result, key in
        result.merge(values(object[key], path: "\(path)/\(key)")) { $1 }
      }
    }
    if let list = tree as? NSArray {
      return list.enumerated().reduce(into: [:]) { $0.merge(values($1.element, path: "\(path)/\($1.offset)")) { $1 } }
    }
    let text = "\(tree ?? "nothing")"
    let number = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    return [path: number.map(String.init) ?? text]
  }
}
