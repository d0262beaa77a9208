import Boards
import Commands
import Foundation
import Serving
import TestSupport
import Testing

@Suite struct ServingSensorsTests {
  @Test("a sensor that is lost has no value any more and says so, its energy stays, the others go on")
  func loss() throws {
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try tree.addKV260()
      let meter = try PowerMeter(try tree.sensors(of: "kv260"), interval: .milliseconds(10))
      try meter.start()
      let sensors = ServingSensors(meter)
      defer { meter.stop() }
      func lines(_ name: String) -> [String] {
        MetricFamily.page(sensors.metrics).split(separator: "\n").map(String.init).filter { $0.hasPrefix("\(name){") }
      }
      for _ in 0..<500 where lines("dpu_energy_joules_total").isEmpty { usleep(10_000) }
      #expect(lines("dpu_power_watts") == [#"dpu_power_watts{rail="SOM"} 5.1"#])
      #expect(lines("dpu_sensor_up").allSatisfy { $0.hasSuffix(" 1") })
      let temperatures = lines("dpu_temperature_celsius").count
      #expect(temperatures > 0)
      try tree.remove("sys/class/hwmon/hwmon1/power1_input")
      for _ in 0..<500 where !lines("dpu_power_watts").isEmpty { usleep(10_000) }
      #expect(lines("dpu_power_watts").isEmpty)
      #expect(lines("dpu_sensor_up").first == #"dpu_sensor_up{sensor="SOM"} 0"#)
      #expect(lines("dpu_energy_joules_total").count == 1)
      #expect(lines("dpu_temperature_celsius").count == temperatures)
    }
  }

  private static let hasDevices: Bool =
    !Repository.isEmulated && (OutsideProgram.areExpected || OutsideProgram("/usr/bin/umockdev-run") != nil)

  @Test(
    "a service whose sensor is lost answers on, stays ready and says that it is lost",
    .enabled(if: hasDevices, "needs the Debian package umockdev"))
  func lossInService() throws {
    try TemporaryFolder.with { folder in
      let tree = try SensorTree(folder)
      try tree.addKV260()
      // Shows the program this folder's sys in place of /sys.
      let environment = ["LD_PRELOAD": "libumockdev-preload.so.0", "UMOCKDEV_DIR": folder.path]
      try ServedProgram.with(["sample": ServeTests.sample], environment: environment) { served in
        let power = #"dpu_power_watts{rail="SOM"}"#
        let isUp = #"dpu_sensor_up{sensor="SOM"}"#
        #expect(served.waits { served.metric(power) == 5.1 })
        #expect(served.metric(isUp) == 1)
        #expect(served.infer()?.status == 200)
        try tree.remove("sys/class/hwmon/hwmon1/power1_input")
        #expect(served.waits { served.metric(isUp) == 0 })
        #expect(served.metric(power) == nil)
        #expect(served.infer()?.status == 200)
        #expect(served.ask("/v2/health/ready")?.status == 200)
        #expect(served.metric("dpu_ready") == 1)
        #expect(served.end() == 0)
      }
    }
  }
}
