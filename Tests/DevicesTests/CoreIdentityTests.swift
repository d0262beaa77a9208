import Devices
import Testing

struct CoreIdentityTests {
  @Test(
    "version, kind, time and clocks come out of their bits",
    arguments: [
      // 4.0 DPU, 2022-06-21 13:15, 300 and 100 MHz; 3.3 softmax; a kind without a name.
      (0x4001_0000, 0x1661_50D1, 0x0006_412C, "4.0 DPU 2022-06-21 13:15 300 100"),
      (0x3302_0001, 0, 0x0000_00C8, "3.3 softmax - 200 0"), (0x3309_0000, 0x16D0_1000, 0, "3.3 unknown (9) - 0 0"),
    ] as [(UInt32, UInt32, UInt32, String)])
  func fields(system: UInt32, timestamp: UInt32, frequency: UInt32, expected: String) {
    let identity = CoreIdentity(system: system, timestamp: timestamp, frequency: frequency)
    #expect(
      "\(identity.version) \(identity.kind) \(identity.buildTime ?? "-") \(identity.megahertz) "
        + "\(identity.interfaceMegahertz)" == expected)
  }
}
