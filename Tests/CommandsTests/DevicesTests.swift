import Foundation
import TestSupport
import Testing

/// `dpu devices`.
@Suite struct DevicesTests {
  private static func object(_ outcome: BuiltProgram.Outcome) throws -> [String: Any] {
    #expect(outcome.code == 0, "\(outcome.messages)")
    let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(value as? [String: Any])
  }

  private static func devices(_ outcome: BuiltProgram.Outcome) throws -> [[String: Any]] {
    try #require(try object(outcome)["devices"] as? [[String: Any]])
  }

  @Test(
    "without a board there are two devices, and why there is no third",
    .enabled(if: !FileManager.default.fileExists(atPath: "/dev/dri"), "this machine has a render node"))
  func noBoard() throws {
    let lines = try BuiltProgram.run(["devices"]).output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3 && lines[0].hasPrefix("device: software (") && lines[1].hasPrefix("device: simulated ("))
    #expect(lines[2].hasPrefix("no device xrt: no board here: there is no render node"))
    let report = try Self.object(BuiltProgram.run(["devices", "--json"]))
    #expect((report["devices"] as? [Any])?.count == 2)
    #expect((report["no_board"] as? String)?.hasPrefix("no board here") == true)
  }

  @Test("a board in a library shows what 'xdputil query' would of each core, as simulated, and no board's name")
  func fake() throws {
    let outcome = try FakeBoardRun.run(["devices", "--json"], cores: 2, json: #", "indices": [1, 0]"#)
    let board = try #require(Self.devices(outcome).last)
    #expect(board["device"] as? [String: String] == ["kind": "simulated", "detail": "fake libxrt"])
    #expect(board["simulated"] as? Bool == true && board["core_count"] as? Int == 2)
    #expect(board["board"] is NSNull && board["machine"] is NSNull && board["memory"] is NSNull)
    let cores = try #require(board["cores"] as? [[String: Any]])
    #expect(cores.map { $0["cu_index"] as? Int } == [1, 0] && cores.map { $0["cu_mask"] as? Int } == [2, 1])
    #expect(cores.map { $0["name"] as? String } == ["DPUCZDX8G:DPUCZDX8G_1", "DPUCZDX8G:DPUCZDX8G_2"])
    #expect(cores.map { $0["cu_address"] as? String } == ["0x80010000", "0x80020000"])
    let fingerprint = try #require(cores[0]["fingerprint"] as? [String: Any])
    #expect(fingerprint["value"] as? String == "0x1000020f6014407" && fingerprint["array"] as? String == "B4096")
    let identity = try #require(cores[0]["identity"] as? [String: Any])
    #expect(identity["dpu_mhz"] as? Int == 300 && identity["register_map"] as? String == "initial")
    #expect(identity["git_commit"] is NSNull && identity["load_parallelism"] is NSNull, "the simulator tells neither")
    #expect((identity["registers"] as? [String: String])?["0x28"] == "0x12c")
    try JSONPageTests.compare(outcome.output)
    let tables = try JSONPageTests.tables(of: "dpu.devices/1")
    #expect(tables.count == 2)
    try JSONPageTests.compare(board, try #require(tables.last), "the board of dpu.devices/1")

    let text = try FakeBoardRun.run(["devices"]).output
    #expect(text.contains("device: simulated (fake libxrt)\n"))
    #expect(text.contains("  core 0 of device: simulated (fake libxrt)\n"))
    #expect(text.contains("for 300 MHz (register, not measured)"))
    #expect(!text.contains("device: xrt") && !text.contains("no device xrt"))
  }

  @Test("of a board whose files lie in a folder everything is told but the registers")
  func tree() throws {
    try DoctorBench.with { bench in
      try bench.loadDriver()
      let outcome = try bench.run(["devices", "--json"])
      let board = try #require(Self.devices(outcome).last)
      #expect((board["device"] as? [String: String])?["kind"] == "xrt" && board["simulated"] as? Bool == false)
      #expect(board["node"] as? String == "/dev/dri/renderD128" && board["usable"] as? Bool == true)
      #expect((board["permissions"] as? String)?.hasPrefix("666 ") == true)
      #expect(board["driver_version"] as? String == "2.13.0" && board["library_version"] as? String == "2.13.0")
      #expect(board["board"] as? String == "zcu104" && board["core_count"] as? Int == 2)
      #expect(board["not_opened"] as? String == "the files are not this machine's")
      #expect((board["memory"] as? [String: Any])?["total_bytes"] as? Int == 536_870_912)
      let uuid = try bench.uuid.description
      #expect(board["loaded_uuid"] as? String == uuid)
      let text = try bench.run(["devices"]).output
      #expect(text.contains("ZynqMP ZCU104 RevC, from files below \(bench.kernel.root))\n"))
      #expect(text.contains("  core        DPUCZDX8G:DPUCZDX8G_1, CU index 1, at 0x80040000\n"))
      #expect(text.contains("  registers   not read: the files are not this machine's\n"))
    }
  }
}
