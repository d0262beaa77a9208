import Boards

/// Small xclbins that tests build: what the reader and the fuzzer start from.
enum SampleXclbins {
  /// Two DPU cores whose order by address is not their order in the file, as issue Vitis-AI 276 shows of a real board.
  static func twoCores() throws -> Xclbin {
    try Xclbin(
      uuid: uuid, platform: "dpu_test_platform", version: Xclbin.Version(2, 13, 466), timestamp: 1_700_000_000,
      sections: [
        .memoryTopology([
          MemoryBank("HP0", kibibytes: 0x20_0000), MemoryBank("LPD", kibibytes: 0x20_0000, isUsed: false),
        ]),
        .ipLayout([
          ComputeUnit("DPUCZDX8G:DPUCZDX8G_2", at: 0x8005_0000, interrupt: 0),
          ComputeUnit("DPUCZDX8G:DPUCZDX8G_1", at: 0x8004_0000, interrupt: 1),
          ComputeUnit("sfm_xrt_top:sfm_xrt_top_1", at: 0x8006_0000),
        ]),
        .connectivity([
          BankConnection(argument: 3, computeUnit: 0, bank: 0), BankConnection(argument: 5, computeUnit: 1, bank: 1),
        ]),
        .clockTopology([
          XclbinClock("clk_300", megahertz: 300, use: .data), XclbinClock("clk_600", megahertz: 600, use: .kernel),
        ]),
        XclbinSection(.buildMetadata, name: "build", content: Array(#"{"build_metadata": {}}"#.utf8)),
      ])
  }

  /// One core as Kria's files have it: no bitstream, no clocks, tables with groups behind the plain ones.
  static func kria() throws -> Xclbin {
    let banks = [MemoryBank("HPC1", kibibytes: 0x20_0000), MemoryBank("HP1", kibibytes: 0x20_0000)]
    let connections = (3..<5).map { BankConnection(argument: $0, computeUnit: 0, bank: 1) }
    return try Xclbin(
      uuid: uuid,
      sections: [
        .memoryTopology(banks), .ipLayout([ComputeUnit("DPUCZDX8G:DPUCZDX8G_1", at: 0xA001_0000, interrupt: 1)]),
        .connectivity(connections), .connectivity(connections, .groupConnectivity),
        .memoryTopology(banks, .groupTopology),
      ])
  }

  static func empty() throws -> Xclbin { try Xclbin(uuid: uuid, sections: []) }

  /// All of them by name: the seeds of the fuzzer.
  static func all() throws -> [(name: String, xclbin: Xclbin)] {
    [("xclbin-two-cores", try twoCores()), ("xclbin-kria", try kria()), ("xclbin-empty", try empty())]
  }

  static let uuid = XclbinUUID([UInt8](0x10..<0x20))
}
