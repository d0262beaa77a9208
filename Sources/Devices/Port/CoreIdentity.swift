/// What a core says of how it was built.
///
/// | register | bits | holds |
/// |---|---|---|
/// | SYS | 31:24 | version, a decimal digit in each half: 0x40 is 4.0 |
/// | SYS | 23:16 | kind: 1 DPU, 2 softmax, 3 sigmoid, 4 resize, 5 SMFC, 6 YRR |
/// | TIMESTAMP | 31:24, 23:20, 19:12, 11:4, 3:0 | year since 2000, month, day, hour, quarter of an hour |
/// | FREQ | 11:0, 23:12 | MHz of the DPU, MHz of the side towards XRT |
///
/// - Source: what `xdputil query` makes of these registers.
package struct CoreIdentity: Equatable, Sendable {
  /// The registers as they were read: SYS, TIMESTAMP, FREQ.
  package let words: [UInt32]

  /// Takes the registers.
  package init(system: UInt32, timestamp: UInt32, frequency: UInt32) { words = [system, timestamp, frequency] }

  /// Reads the registers of a core.
  package init(ofCore core: Int, of port: any Port) throws(DeviceError) {
    self.init(
      system: try port.read(.version, ofCore: core), timestamp: try port.read(.buildTime, ofCore: core),
      frequency: try port.read(.frequency, ofCore: core))
  }

  /// The version of the IP, such as `4.0`.
  package var version: String { "\(words[0] >> 28).\(words[0] >> 24 & 15)" }

  /// What the IP is, in a word.
  package var kind: String {
    let names = ["unknown", "DPU", "softmax", "sigmoid", "resize", "SMFC", "YRR"]
    let number = Int(words[0] >> 16 & 0xFF)
    return number < names.count ? names[number] : "unknown (\(number))"
  }

  /// When the IP was built, such as `2022-06-21 13:15`; `nil` where the register holds no time.
  package var buildTime: String? {
    let word = words[1]
    let (month, day, hour, quarter) = (word >> 20 & 15, word >> 12 & 0xFF, word >> 4 & 0xFF, word & 15)
    guard (1...12).contains(month), (1...31).contains(day), hour < 24, quarter < 4 else { return nil }
    func two(_ number: UInt32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "20\(two(word >> 24))-\(two(month))-\(two(day)) \(two(hour)):\(two(15 * quarter))"
  }

  /// The clock that the cores were built for; nothing measures it.
  ///
  /// - Units: MHz
  package var megahertz: Int { Int(words[2] & 0xFFF) }

  /// The clock of the side towards XRT, 0 where it is not told.
  ///
  /// - Units: MHz
  package var interfaceMegahertz: Int { Int(words[2] >> 12 & 0xFFF) }
}
