import Foundation
import TestSupport
import Testing

/// The program while the sensor of the whole board fails: from the beginning, or while it works.
@Suite(.enabled(if: MockedSystem.isPossible, Comment(rawValue: MockedSystem.absence)))
struct FailingSensorTests {
  private static let junk = "SOM gave nothing: holds 'junk'"

  /// What is printed over a KV260 whose sensor holds no number.
  private static func runWithJunk(_ arguments: [String]) throws -> String {
    let devices = SystemPowerTests.kv260.replacingOccurrences(of: "5100000", with: "junk")
    let outcome = try SystemPowerTests.run(arguments, devices: devices, compatible: SystemPowerTests.kria)
    #expect(outcome.code == 0, "\(outcome.text)")
    return outcome.text
  }

  /// What is printed where the sensor of a KV260 vanishes when the program has said some words.
  private static func runWithVanishing(_ arguments: [String], after words: String) throws -> String {
    let script = """
      "$@" >out 2>messages & program=$!
      until grep -q "\(words)" out messages || ! kill -0 $program; do sleep 0.05; done
      sleep 0.3; rm "$UMOCKDEV_DIR"/sys/devices/platform/ina260-u14/hwmon/hwmon1/power1_input
      wait $program; code=$?; cat out messages; exit $code
      """
    let outcome = try SystemPowerTests.run(
      arguments, devices: SystemPowerTests.kv260, compatible: SystemPowerTests.kria, through: script)
    #expect(outcome.code == 0, "\(outcome.text)")
    return outcome.text
  }

  private static func bench(_ duration: String, _ form: [String]) -> [String] {
    ["bench", RunTests.model, "-t", "1", "--warm-up", "0.05", "--duration", duration] + form
  }

  @Test("bench says of a sensor that gives garbage what it gave, and never its name for a value")
  func benchWithGarbage() throws {
    for form in [[], ["--markdown"]] {
      let text = try Self.runWithJunk(Self.bench("0.2", form))
      #expect(text.contains(Self.junk), "\(text)")
      let rows = text.split(separator: "\n").filter { $0.contains("device-only  ") || $0.hasPrefix("| device-only ") }
      #expect(rows.contains { $0.contains(" SOM gave nothing ") }, "\(text)")
    }
    let phases = try Self.phases(Self.runWithJunk(Self.bench("0.2", ["--json", "-q"])))
    #expect(phases.count == 3)
    for phase in phases {
      let power = try #require(phase["power"] as? [String: Any])
      #expect(power["of"] as? String == "SOM" && power["mean_watts"] is NSNull && power["joules"] is NSNull)
      #expect(power["coverage"] as? Double == 0)
      #expect((power["problem"] as? String)?.contains("holds 'junk'") == true, "\(power)")
    }
  }

  @Test("bench says of a sensor that vanishes how much it measured, and why no more")
  func benchWithVanishing() throws {
    let text = try Self.runWithVanishing(Self.bench("2", []), after: "measuring end-to-end")
    let lines = text.split(separator: "\n").map(String.init)
    let first = lines.first { $0.hasPrefix("  device-only  ") && $0.contains("frames/J") } ?? ""
    #expect(first.contains(" 5.10 ± 0.00 W (SOM), ") && !first.contains("covered"), "\(text)")
    let second = lines.first { $0.hasPrefix("  end-to-end  ") && $0.contains("SOM") } ?? ""
    #expect(second.contains(" 5.10") && second.contains(" % of the time covered"), "\(text)")
    #expect(text.contains("end-to-end: only ") && text.contains("No such file or directory"), "\(text)")
    #expect(text.contains("latency: SOM gave nothing: "), "\(text)")
  }

  @Test("live says of a sensor that gives garbage what it gave, each second and at the end")
  func liveWithGarbage() throws {
    let arguments = ["live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "20"]
    let text = try Self.runWithJunk(arguments + ["--duration", "1.5"])
    let now = "power: SOM gives nothing: holds 'junk'"
    #expect(text.contains(now) && text.contains("power: \(Self.junk)"), "\(text)")
    let lines = try Self.runWithJunk(arguments + ["--duration", "1.5", "--json", "-q", "--frames", "1000000"])
    #expect(lines.contains("\"power\": {\"reason\": null") && lines.contains("holds 'junk'"), "\(lines)")
  }

  @Test("live says of a sensor that vanishes that it is gone, and how much was measured")
  func liveWithVanishing() throws {
    let arguments = [
      "live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "20", "--duration", "5",
    ]
    let text = try Self.runWithVanishing(arguments, after: "5.10 W (SOM)")
    #expect(text.contains("power: SOM gives nothing: ") && text.contains("No such file or directory"), "\(text)")
    let report = text.split(separator: "\n").first { $0.hasPrefix("power: ") } ?? ""
    #expect(
      report.hasPrefix("power: 5.10 ") && report.contains(" % of the time covered, SOM: ")
        && report.hasSuffix("No such file or directory"), "\(text)")
  }

  static func phases(_ json: String) throws -> [[String: Any]] {
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    return try #require(object["phases"] as? [[String: Any]])
  }
}
