import Foundation
import Tensors
import TestSupport
import Testing
import Vision

/// Whether devices can be put into /sys for a run of the program.
enum MockedSystem {
  static let isPossible: Bool = OutsideProgram.areExpected || OutsideProgram("/usr/bin/umockdev-run") != nil
  static let absence: String = "needs the Debian package umockdev"
}

/// The program as it finds sensors in /sys itself, which umockdev puts there.
@Suite(.enabled(if: MockedSystem.isPossible, Comment(rawValue: MockedSystem.absence)))
struct SystemPowerTests {
  static let kria = "xlnx,zynqmp-sk-kv260"

  /// Runs the program with devices in /sys that are described as umockdev wants it.
  ///
  /// - Parameter script: Runs the program, which it gets as its words, and may do more; its folder is the scratch one.
  static func run(
    _ arguments: [String], devices: String, compatible: String? = nil, through script: String? = nil
  ) throws -> (text: String, code: Int32) {
    let umockdev = try #require(OutsideProgram("/usr/bin/umockdev-run"))
    return try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("devices.umockdev")
      try Data(devices.utf8).write(to: file)
      // Device trees are nothing that umockdev can describe; what lies in its folder is shown all the same.
      let tree = "\"$UMOCKDEV_DIR/sys/firmware/devicetree/base\""
      let board = compatible.map { "mkdir -p \(tree); printf '\($0)\\0' > \(tree)/compatible; " } ?? ""
      let words = ["sh", "-c", "cd '\(Repository.root.path)' && exec \"$@\"", "sh", BuiltProgram.url.path] + arguments
      return try umockdev.run(
        ["-d", file.path, "--", "sh", "-c", "\(board)\(script ?? "exec \"$@\"")", "sh"] + words, in: folder)
    }
  }

  static let kv260 = #"""
    P: /devices/platform/ina260-u14/hwmon/hwmon1
    E: SUBSYSTEM=hwmon
    A: name=ina260_u14\n
    A: power1_input=5100000\n
    L: device=../../../ina260-u14

    P: /devices/platform/axi/ffa50000.ams/hwmon/hwmon0
    E: SUBSYSTEM=hwmon
    A: name=ams\n
    A: temp3_input=43750\n

    """#

  private static let zcu104 = #"""
    P: /devices/platform/axi/ff030000.i2c/i2c-3/3-0040/hwmon/hwmon2
    E: SUBSYSTEM=hwmon
    A: name=ina226\n
    A: power1_input=13900000\n
    L: device=../../../3-0040

    P: /devices/platform/axi/ff030000.i2c/i2c-5/5-0043/hwmon/hwmon0
    E: SUBSYSTEM=hwmon
    A: name=irps5401\n
    A: power2_input=2500000\n
    L: device=../../../5-0043

    P: /devices/platform/axi/ff030000.i2c/i2c-5/5-0044/hwmon/hwmon1
    E: SUBSYSTEM=hwmon
    A: name=irps5401\n
    A: power2_input=312500\n
    L: device=../../../5-0044

    """#

  private static let processor = #"""
    P: /devices/virtual/powercap/intel-rapl/intel-rapl:0
    E: SUBSYSTEM=powercap
    A: name=package-0\n
    A: energy_uj=1000000\n
    A: max_energy_range_uj=262143328850\n

    """#

  @Test("finds the rails of boards in /sys")
  func boards() throws {
    let kria = try Self.run(["power", "--duration", "0.3"], devices: Self.kv260, compatible: "xlnx,zynqmp-sk-kv260")
    #expect(kria.code == 0 && kria.text.contains("in all SOM") && kria.text.contains("5.100"), "\(kria.text)")
    #expect(kria.text.contains("43.8"))
    let zcu104 = try Self.run(["power", "--duration", "0.3"], devices: Self.zcu104, compatible: "xlnx,zynqmp-zcu104")
    let lines = zcu104.text.split(separator: "\n")
    for (sensor, watts) in [("12V", "13.900"), ("INT", "2.500"), ("3V3", "0.313")] {
      #expect(lines.contains { $0.hasPrefix("\(sensor)  ") && $0.contains(" \(watts) ") }, "\(zcu104.text)")
    }
  }

  @Test("finds a processor's counter in /sys")
  func processorPackage() throws {
    let outcome = try Self.run(["power", "--duration", "0.3"], devices: Self.processor)
    #expect(outcome.code == 0 && outcome.text.contains("power of the processor, by its own counters"))
    // A counter that stands still is no energy, and not no sensor.
    #expect(outcome.text.contains("CPU package 0") && outcome.text.contains("0.000"), "\(outcome.text)")
  }

  @Test("a run puts watts and frames per joule beside its speed")
  func run() throws {
    let arguments = ["run", "sample/model/phantom-ct.xmodel", "sample/pictures", "--power-idle", "0.1"]
    let outcome = try Self.run(arguments, devices: Self.kv260, compatible: "xlnx,zynqmp-sk-kv260")
    #expect(outcome.code == 0, "\(outcome.text)")
    // So short a run has one sample or two, and one has no deviation.
    let line = outcome.text.split(separator: "\n").first { $0.hasPrefix("power: ") } ?? ""
    #expect(
      line.hasPrefix("power: 5.10 ") && line.contains(" W (SOM), ")
        && line.hasSuffix(" frames/J, 0.00 W above idle"))
    let bare = try Self.run(arguments, devices: Self.processor, compatible: "xlnx,zynqmp-zcu104")
    #expect(bare.text.contains("W (CPU package)"), "a counter of this machine is one, whatever else is missing")
    let none = try Self.run(
      arguments, devices: "P: /devices/none\nE: SUBSYSTEM=none\n", compatible: "xlnx,zynqmp-zcu104")
    #expect(
      none.text.contains("power: no sensor (12V: there is no ina226 at 0x40 in /sys/class/hwmon)"), "\(none.text)")
    let off = try Self.run(arguments + ["--no-power"], devices: Self.kv260, compatible: "xlnx,zynqmp-sk-kv260")
    #expect(off.code == 0 && off.text.contains("power: switched off") && !off.text.contains(" W ("))
  }

  @Test("a bench puts watts, deviation, joules and frames per joule beside each phase, and rails and temperatures")
  func bench() throws {
    let bench = ["bench", RunTests.model, "-t", "1", "--warm-up", "0.05", "--duration", "0.5"]
    let outcome = try Self.run(bench + ["--json", "-q"], devices: Self.kv260, compatible: Self.kria)
    #expect(outcome.code == 0, "\(outcome.text)")
    let phases = try FailingSensorTests.phases(outcome.text)
    #expect(phases.count == 3)
    for phase in phases {
      let (frames, seconds) = (try #require(phase["frames"] as? Double), try #require(phase["seconds"] as? Double))
      let power = try #require(phase["power"] as? [String: Any])
      #expect(power["of"] as? String == "SOM" && power["problem"] is NSNull)
      // The sensor shows 5.1 W all the time.
      let expected: [(String, Double)] = [
        ("mean_watts", 5.1), ("sd_watts", 0), ("idle_watts", 5.1), ("watts_above_idle", 0), ("coverage", 1),
      ]
      for (name, value) in expected {
        let found = try #require(power[name] as? Double, "\(name)")
        #expect(abs(found - value) < 1e-9, "\(name): \(found)")
      }
      let joules = try #require(power["joules"] as? Double)
      #expect(abs(joules / (5.1 * seconds) - 1) < 0.01, "\(joules) J in \(seconds) s")
      let rate = try #require(power["frames_per_joule"] as? Double)
      #expect(abs(rate * joules / frames - 1) < 1e-9, "\(rate) frames/J, \(frames) frames")
      let rails = try #require(power["rails"] as? [[String: Any]])
      #expect(rails.map { $0["sensor"] as? String } == ["SOM"])
      let temperatures = try #require(power["temperatures"] as? [[String: Any]])
      #expect(temperatures.contains { $0["sensor"] as? String == "PL" && $0["mean"] as? Double == 43.75 })
    }
    for form in [[], ["--markdown"]] {
      let text = try Self.run(bench + form, devices: Self.kv260, compatible: Self.kria).text
      let cells = text.split(separator: "\n").map { line in
        line.split { $0 == "|" || $0 == " " }.map(String.init)
      }
      for phase in ["device-only", "end-to-end", "latency"] {
        #expect(cells.contains { $0.first == phase && $0.contains("5.10") && $0.contains("frames/J") }, "\(text)")
        #expect(cells.contains { $0.starts(with: [phase, "SOM", "5.100", "0.000", "5.100", "5.100", "W"]) }, "\(text)")
        #expect(cells.contains { $0.starts(with: [phase, "PL", "43.8", "0.0", "43.8", "43.8", "°C"]) }, "\(text)")
      }
    }
  }

  @Test("those who look in on a bench see its watts")
  func benchSocket() throws {
    let script = """
      export XDG_RUNTIME_DIR="$PWD"
      "$@" >out 2>messages & program=$!
      until grep -q "measuring device-only" messages || ! kill -0 $program; do sleep 0.05; done
      "$5" top --once --json; kill -INT $program; wait $program; exit 0
      """
    let bench = ["bench", RunTests.model, "-t", "1", "--duration", "60"]
    let outcome = try Self.run(bench, devices: Self.kv260, compatible: Self.kria, through: script)
    #expect(
      outcome.text.contains("\"command\": \"bench\"") && outcome.text.contains("\"watts\": 5.1")
        && outcome.text.contains("\"sensor\": \"SOM\""), "\(outcome.text)")
  }

  @Test("of a simulated device no power is measured, whatever the machine takes")
  func simulated() throws {
    try TemporaryFolder.with { folder in
      let frame = folder.appendingPathComponent("frame.npy").path
      try NumpyArray(shape: Shape([1, 8, 8, 3]), int8: [Int8](repeating: 3, count: 192)).write(to: frame)
      let arguments = ["run", "sample/compiled/b4096.xmodel", frame, "-d", "simulated"]
      let outcome = try Self.run(arguments, devices: Self.kv260, compatible: "xlnx,zynqmp-sk-kv260")
      #expect(
        outcome.code == 0 && outcome.text.contains("power: not measured, the device is simulated"), "\(outcome.text)")
      let report = try Self.run(arguments + ["--json", "-q"], devices: Self.kv260, compatible: "xlnx,zynqmp-sk-kv260")
      let object = try #require(try JSONSerialization.jsonObject(with: Data(report.text.utf8)) as? [String: Any])
      let power = try #require(object["power"] as? [String: Any])
      #expect(power["total"] is NSNull && power["reason"] as? String == "not measured, the device is simulated")
    }
  }

  @Test("a run's report has power as the page says")
  func report() throws {
    let arguments = ["run", "sample/model/phantom-ct.xmodel", "sample/pictures", "--json", "-q", "--power-idle", "0.1"]
    let outcome = try Self.run(arguments, devices: Self.kv260, compatible: "xlnx,zynqmp-sk-kv260")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.text.utf8)) as? [String: Any])
    let tables = try JSONPageTests.tables(of: "dpu.run/1")
    let member = try #require(tables.first?.first { $0.name == "power" })
    let power = try #require(object["power"] as? [String: Any])
    #expect(member.inner == Set(power.keys))
    let rail = try #require(try JSONPageTests.tables(of: "dpu.power/1").first?.first { $0.name == "rails" })
    for name in ["total", "idle"] { #expect((power[name] as? [String: Any]).map { Set($0.keys) } == rail.inner) }
    let (frames, seconds) = (try #require(object["frames"] as? Double), try #require(object["seconds"] as? Double))
    let rate = try #require(power["frames_per_joule"] as? Double)
    // 5.1 W all the time: the span of the power is that of the frames, give or take the handing over.
    #expect(abs(rate * 5.1 * seconds / frames - 1) < 0.2, "\(rate) frames/J, \(frames) frames in \(seconds) s")
  }
}
