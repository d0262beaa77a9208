import Boards
import Foundation
import TestSupport
import Testing

@Suite struct PowerSensorsTests {
  /// Finds the sensors of a tree and reads each once.
  private static func find(
    _ board: String?, _ fill: (SensorTree) throws -> Void
  ) throws -> (sensors: PowerSensors, values: [String: Double]) {
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try fill(tree)
      let sensors = try tree.sensors(of: board)
      var values: [String: Double] = [:]
      for sensor in sensors.sensors { values[sensor.label] = try sensor.read() }
      return (sensors, values)
    }
  }

  @Test("ZCU104: the INA226 of the 12 V supply is the total, the PMBus rails are told apart by their addresses")
  func zcu104() throws {
    let (sensors, values) = try Self.find("zcu104") { try $0.addZCU104() }
    #expect(sensors.basis == .total(label: "12V") && sensors.basis.label == "12V" && sensors.problems.isEmpty)
    #expect(values["12V"] == 13.9)
    // Of u175 at 0x43 and u180 at 0x44, in steps of 31.25 mW.
    #expect(values["INT"] == 2 * 0.03125 && values["1V8"] == 3 * 0.03125 && values["MGTA"] == 5 * 0.03125)
    #expect(values["3V3"] == 12 * 0.03125 && values["MGTRA"] == 16 * 0.03125)
    #expect(values["PS (LPD)"] == 41.25 && values["PS (FPD)"] == 42.5 && values["PL"] == 43.75)
    #expect(sensors.sensors.count == 13)
    #expect(Set(sensors.sensors.map(\.group)).count == 4, "a thread for each chip")
  }

  @Test("Ultra96-V2: no sensor of the whole board, so its rails are added up and called that")
  func ultra96() throws {
    let (sensors, values) = try Self.find("ultra96v2") { try $0.addUltra96() }
    #expect(sensors.basis == .sumOfRails(count: 11) && sensors.basis.label == "sum of 11 rails")
    #expect(values["PSINT_FP"] == 0.5 && values["5V"] == 1.25)
    #expect(sensors.problems.count == 3, "temperatures are missing: \(sensors.problems)")
  }

  @Test("KV260: the INA260 of the module, under both names that kernels give it", arguments: ["ina260_u14", "ina260"])
  func kv260(name: String) throws {
    let (sensors, values) = try Self.find("kv260") { tree in
      try tree.addKV260()
      try tree.set("sys/class/hwmon/hwmon1/name", name + "\n")
    }
    #expect(sensors.basis.label == "SOM" && values["SOM"] == 5.1 && values["PL"] == 43.75)
  }

  @Test("of two nodes of one INA226 the one with the address is taken; of two without, none")
  func severalNodes() throws {
    let (sensors, values) = try Self.find("zcu104") { tree in
      try tree.addZCU104()
      try tree.addChip(7, "ina226_u183", device: "ina226-u183", ["power1_input": "1000000"])
    }
    #expect(values["12V"] == 13.9 && sensors.basis.label == "12V")
    let (twice, others) = try Self.find("zcu104") { tree in
      try tree.addZCU104()
      try tree.remove("sys/class/hwmon/hwmon2")
      try tree.addChip(4, "ina226_u183", device: "ina226-u183", ["power1_input": "1000000"])
      try tree.addChip(5, "ina226_u99", device: "ina226-u99", ["power1_input": "2000000"])
    }
    #expect(others["12V"] == nil && twice.basis == .sumOfRails(count: 9))
    #expect(
      twice.problems == [
        "12V: /sys/class/hwmon/hwmon4, /sys/class/hwmon/hwmon5 are all ina226, and nothing tells which one measures 12V"
      ])
  }

  @Test(
    "an INA226 without power is multiplied from current and bus voltage, which iio-hwmon shows elsewhere",
    arguments: [false, true])
  func product(isThroughIIO: Bool) throws {
    let (sensors, values) = try Self.find("zcu104") { tree in
      try tree.addChip(
        0, isThroughIIO ? "ina226_u183" : "ina226", device: isThroughIIO ? "ina226-u183" : "3-0040",
        isThroughIIO
          ? ["in1_input": "5", "in2_input": "12000", "curr1_input": "1100"]
          : ["in0_input": "5", "in1_input": "12000", "curr1_input": "1100"])
    }
    #expect(values == ["12V": 13.2])
    #expect(sensors.sensors[0].origin.hasSuffix(isThroughIIO ? "in2_input" : "in1_input"))
  }

  @Test("temperatures come from the converter itself where hwmon has none", arguments: ["ams", "xilinx-ams"])
  func converter(name: String) throws {
    let (_, values) = try Self.find("kv260") { tree in
      let folder = "sys/bus/iio/devices/iio:device0"
      try tree.set("\(folder)/name", name + "\n")
      for (channel, raw) in [
        ("in_temp0_ps_temp", 41_500), ("in_temp1_remote_temp", 41_600), ("in_temp2_pl_temp", 41_700),
      ] {
        try tree.set("\(folder)/\(channel)_raw", "\(raw)\n")
        try tree.set("\(folder)/\(channel)_offset", "-36058\n")
        try tree.set("\(folder)/\(channel)_scale", "7.771514\n")
      }
    }
    let expected = (41_700.0 - 36_058) * 7.771514 / 1000
    #expect(abs((values["PL"] ?? 0) - expected) < 1e-9 && values.count == 3)
  }

  @Test("a board that the catalogue does not have shows its rails by the chips' names, and no total")
  func unknownBoard() throws {
    let (sensors, values) = try Self.find(nil) { tree in
      try tree.addChip(0, "ina226", device: "2-0041", ["power1_input": "250000", "power1_label": "VCCINT"])
      try tree.addChip(1, "BAT0", device: nil, ["power1_input": "9000000"])
    }
    #expect(values == ["ina226 0x41 VCCINT": 0.25])
    #expect(sensors.basis == .railsOnly && sensors.basis.label == nil)
  }

  @Test("an x86 processor's packages are called that, and its parts are not counted twice")
  func processor() throws {
    let (one, values) = try Self.find(nil) { try $0.addProcessor(microjoules: 3_000_000) }
    #expect(one.basis.label == "CPU package" && values == ["CPU package 0": 3])
    #expect(one.sensors[0].counterRange == 262_143.328850)
    let (two, _) = try Self.find(nil) { tree in
      try tree.addProcessor(microjoules: 1)
      try tree.addProcessor(1, microjoules: 1)
    }
    #expect(two.basis.label == "2 CPU packages" && two.sensors.count == 2)
  }

  @Test("without any sensor says what was looked for", arguments: [nil, "zcu104"])
  func nothing(board: String?) throws {
    let (sensors, _) = try Self.find(board) { _ in }
    #expect(sensors.isEmpty && sensors.basis == .none && sensors.basis.label == nil)
    #expect(sensors.lookedFor.count == 2 && sensors.lookedFor[1].contains("intel-rapl"))
    #expect(sensors.lookedFor[0].contains(board == nil ? "INA260" : "ina226, irps5401"))
    #expect(sensors.problems.isEmpty == (board == nil))
  }

  @Test(
    "an attribute that holds no whole number is named with what it holds",
    arguments: ["", "\n", "abc", "1 2", "12.5", "0x40", "99999999999999999999999"])
  func noNumber(text: String) throws {
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try tree.set("power1_input", text)
      let error = thrownError(BoardError.self) { try tree.files.readNumber("/power1_input") }
      let words = text.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(error?.code == .malformed)
      #expect(error?.message == "holds \(text.isEmpty ? "nothing" : "'\(words)'"), expected one whole number")
    }
  }
}
