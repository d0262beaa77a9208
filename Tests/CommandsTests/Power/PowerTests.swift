import Commands
import Foundation
import TestSupport
import Testing

@Suite struct PowerTests {
  /// Runs `dpu power` over a tree.
  private static func run(
    _ arguments: [String], signal: (number: Int32, after: Double)? = nil, _ fill: (SensorTree) throws -> Void
  ) throws -> BuiltProgram.Outcome {
    try TemporaryFolder.with { folder in
      try fill(try SensorTree(folder))
      return try BuiltProgram.run(["power", "--root", folder.path, "-i", "10"] + arguments, signal: signal)
    }
  }

  /// The fields of a line of a table.
  private static func cells(_ outcome: BuiltProgram.Outcome, _ sensor: String) -> [String] {
    let line = outcome.output.split(separator: "\n").last { $0.hasPrefix(sensor + "  ") } ?? ""
    return line.dropFirst(sensor.count).split(separator: " ").map(String.init)
  }

  @Test("shows each rail of a ZCU104, the whole board by its 12 V supply")
  func zcu104() throws {
    let outcome = try Self.run(["--duration", "0.3"]) { try $0.addZCU104() }
    #expect(outcome.code == 0)
    #expect(outcome.output.contains("power of the ZCU104, in all 12V: 0."))
    let total = Self.cells(outcome, "12V")
    #expect(total.prefix(5) == ["13.900", "0.000", "13.900", "13.900", "W"], "\(outcome.output)")
    let joules = try #require(Double(total[5]))
    #expect(joules > 3 && joules < 300)
    #expect(Self.cells(outcome, "INT").first == "0.063" && Self.cells(outcome, "MGTRA").first == "0.500")
    #expect(Array(Self.cells(outcome, "PL").prefix(5)) == ["43.8", "0.0", "43.8", "43.8", "°C"])
    #expect(outcome.messages.contains("ZCU104: under heavy DPU load the regulator of INT can trip"))
  }

  @Test("says when samples come faster than the chip has values")
  func repeated() throws {
    let outcome = try Self.run(["--duration", "0.1"]) { tree in
      try tree.addKV260()
      try tree.set("sys/class/hwmon/hwmon1/update_interval", "35\n")
    }
    #expect(
      outcome.messages
        == "dpu: warning: SOM: its chip has a new value every 35 ms only; more samples repeat them\n")
  }

  @Test("prints what the page of JSON forms says")
  func page() throws {
    let boards: [(SensorTree) throws -> Void] = [{ try $0.addZCU104() }, { try $0.addUltra96() }]
    for fill in boards {
      try JSONPageTests.compare(Self.run(["--duration", "0.1", "--json"], fill).output)
    }
  }

  @Test("without a sensor says so, and what was looked for")
  func nothing() throws {
    let outcome = try Self.run([]) { _ in }
    #expect(outcome.code == 4 && outcome.output.isEmpty)
    #expect(
      outcome.messages
        == "dpu: error: no sensor: looked for a board of the catalogue in /sys/firmware/devicetree/base, and INA2xx, INA260, "
        + "IRPS5401, IR35221 or IR380xx in /sys/class/hwmon; and for intel-rapl:* with the name package-* in "
        + "/sys/class/powercap\n")
    let known = try Self.run([]) { try $0.set("sys/firmware/devicetree/base/compatible", "xlnx,zynqmp-sk-kv260\0") }
    #expect(
      known.code == 4 && known.messages.contains("no sensor: looked for ams, ina260, ina260_u14 of the Kria KV260"))
  }

  @Test("ends with the summary on Ctrl-C")
  func interrupted() throws {
    let outcome = try Self.run(["--json"], signal: (SIGINT, 2.0)) { try $0.addKV260() }
    #expect(outcome.code == 130 && outcome.output.contains("\"schema\": \"dpu.power/1\""))
    #expect(outcome.output.contains("\"mean\": 5.1"))
  }

  @Test("a sensor that never answers holds up neither the others nor the end")
  func stalled() throws {
    let outcome = try Self.run(["--duration", "1.5"]) { tree in
      try tree.addZCU104()
      try tree.stall("sys/class/hwmon/hwmon2/power1_input")
    }
    #expect(outcome.code == 0, "\(outcome.messages)")
    #expect(Self.cells(outcome, "12V").prefix(4) == ["-", "-", "-", "-"])
    #expect(Self.cells(outcome, "INT").first == "0.063")
    #expect(outcome.output.contains("12V: has not answered for "))
    let alone = try Self.run(["--duration", "0.2"]) { tree in
      try tree.addKV260()
      try tree.stall("sys/class/hwmon/hwmon1/power1_input")
    }
    #expect(alone.code == 5 && alone.messages.contains("no sensor gave a usable value: has not answered "))
  }

  @Test("garbage is counted and named, and no watts are made of it")
  func garbage() throws {
    let outcome = try Self.run(["--duration", "0.2", "--json"]) { tree in
      try tree.addKV260()
      try tree.set("sys/class/hwmon/hwmon1/power1_input", "n/a\n")
    }
    #expect(outcome.code == 5 && outcome.messages.contains("holds 'n/a', expected one whole number"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let total = try #require(object["total"] as? [String: Any])
    #expect(total["mean"] is NSNull && total["joules"] is NSNull && total["samples"] as? Int == 0)
    #expect((total["dropped"] as? Int ?? 0) > 0)
  }

  @Test("writes each sample with its instants")
  func csv() throws {
    try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("power.csv")
      let outcome = try Self.run(["--duration", "0.3", "--csv", file.path, "-q"]) { try $0.addKV260() }
      #expect(outcome.code == 0 && outcome.messages.isEmpty)
      let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
      #expect(lines[0] == "time,seconds,sensor,quantity,unit,value")
      let rows = lines.dropFirst().map { $0.split(separator: ",") }
      #expect(rows.count > 8 && rows.allSatisfy { $0.count == 6 })
      let power = rows.filter { $0[2] == "SOM" }
      #expect(power.allSatisfy { $0[3] == "power" && $0[4] == "W" && $0[5] == "5.100000" })
      let form = DateFormatter()
      form.locale = Locale(identifier: "en_US_POSIX")
      form.timeZone = TimeZone(identifier: "UTC")
      form.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
      let begin = try #require(form.date(from: String(power[0][0].prefix(19))))
      #expect(abs(begin.timeIntervalSinceNow) < 600, "\(power[0][0])")
      // Both clocks tell the same time between two rows.
      let micro = power.map { Int($0[0].dropFirst(20).prefix(6)) ?? -1 }
      let seconds = power.compactMap { Double($0[1]) }
      for index in power.indices.dropFirst() {
        let passed = (micro[index] - micro[index - 1] + 1_000_000) % 1_000_000
        #expect(abs(Double(passed) / 1e6 - (seconds[index] - seconds[index - 1])) < 3e-6)
      }
    }
  }

  @Test(
    "a full disk is named, and what was written stays in whole rows",
    .enabled(if: !Repository.isEmulated, "the emulator counts its own files"),
    .disabled(if: Sanitizer.isInUse, "a sanitizer needs files larger than the limit that stands for a full disk"))
  func fullDisk() throws {
    let outcome = try Self.run(["--duration", "5", "--csv", "/dev/full"]) { try $0.addKV260() }
    #expect(outcome.code == 3)
    #expect(outcome.messages.contains("/dev/full: cannot write: No space left on device; 0 samples before stay"))
    let shell = try #require(OutsideProgram("/bin/bash"))
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try tree.addKV260()
      // Files of two blocks at most stand for a disk that fills while it is written.
      let script =
        "trap '' XFSZ; ulimit -f 2; exec \"$0\" power --root . -i 10 --duration 20 --csv full.csv | head -c 100000"
      let (text, _) = try shell.run(["-c", script, BuiltProgram.url.path], in: folder)
      #expect(
        text.contains("full.csv: cannot write: File too large; ") && text.contains("samples before stay"), "\(text)")
      let kept = String(decoding: try Data(contentsOf: folder.appendingPathComponent("full.csv")), as: UTF8.self)
      #expect(kept.utf8.count <= 2048 && kept.hasSuffix("\n") && kept.hasPrefix(PowerCSV.header))
      let count = kept.split(separator: "\n").count - 1
      #expect(text.contains("; \(count) samples before stay"))
      #expect(text.contains("SOM "), "the summary is printed all the same")
    }
  }

  @Test(
    "on a screen the table stays in its place",
    .enabled(if: OutsideProgram("/usr/bin/script") != nil, "needs script of the package bsdutils"))
  func screen() throws {
    let script = try #require(OutsideProgram("/usr/bin/script"))
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try tree.addKV260()
      let command = "'\(BuiltProgram.url.path)' power --root . -i 10 --duration 1.2"
      let (text, code) = try script.run(["-qec", "TERM=xterm \(command)", "/dev/null"], in: folder)
      #expect(
        code == 0 && text.contains("\u{1B}[2Ksensor") && text.contains("\u{1B}[7A\r") && text.contains("Ctrl-C ends it")
      )
      let (plain, _) = try script.run(["-qec", "TERM=dumb \(command)", "/dev/null"], in: folder)
      #expect(!plain.contains("\u{1B}") && plain.contains("SOM 5.100 W"))
    }
  }

  @Test("a time of day is that of the calendar")
  func timeOfDay() {
    #expect(TimeOfDay(microseconds: 0).text(after: 0) == "1970-01-01T00:00:00.000000Z")
    #expect(TimeOfDay(microseconds: 1_709_210_096_000_007).text(after: 0.25) == "2024-02-29T12:34:56.250007Z")
  }
}
