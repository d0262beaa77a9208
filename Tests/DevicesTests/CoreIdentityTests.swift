import Devices
import Testing

struct CoreIdentityTests {
  @Test(
    "version, kind, map, time and clocks come out of their bits",
    arguments: [
      // 4.0 DPU, 2022-06-21 13:15, 300 and 100 MHz; 3.3 softmax; a kind and a map without a name.
      (0x4001_0001, 0x1661_50D1, 0x0006_412C, "4.0 DPU 1toN 2022-06-21 13:15 300 100"),
      (0x3302_0002, 0, 0x0000_00C8, "3.3 softmax 1to1 - 200 0"),
      (0x3309_0007, 0x16D0_1000, 0, "3.3 unknown (9) unknown (7) - 0 0"),
    ] as [(UInt32, UInt32, UInt32, String)])
  func fields(system: UInt32, timestamp: UInt32, frequency: UInt32, expected: String) {
    let identity = CoreIdentity([.version: system, .buildTime: timestamp, .frequency: frequency])
    let words = [
      identity.version, identity.kind, identity.registerMap, identity.buildTime ?? "-", "\(identity.megahertz)",
      "\(identity.interfaceMegahertz)",
    ]
    #expect(words.joined(separator: " ") == expected)
  }

  @Test("what the core was built from and how wide its engines are is told where the registers hold it")
  func configuration() {
    let identity = CoreIdentity([
      .commit: 0xF00A_BCDE, .commitTime: 2_022_062_113, .loadConfiguration: 0x112, .saveConfiguration: 0x24,
    ])
    #expect(identity.commit == "00abcde" && identity.commitTime == "2022062113")
    #expect(identity.load?.parallelism == 2 && identity.load?.minusMean == 1 && identity.load?.augmentation == 1)
    #expect(identity.saveParallelism == 4)
    #expect(identity[.saveConfiguration] == 0x24)
    let silent = CoreIdentity([:])
    #expect(silent.commit == nil && silent.commitTime == nil && silent.load == nil && silent.saveParallelism == nil)
  }
}
