/// What a core says of how it was built.
///
/// | register | bits | holds |
/// |---|---|---|
/// | SYS | 31:24 | version, a decimal digit in each half: 0x40 is 4.0 |
/// | SYS | 23:16 | kind: 1 DPU, 2 softmax, 3 sigmoid, 4 resize, 5 SMFC, 6 YRR |
/// | SYS | 7:0 | register map: 0 initial, 1 1toN, 2 1to1 |
/// | TIMESTAMP | 31:24, 23:20, 19:12, 11:4, 3:0 | year since 2000, month, day, hour, quarter of an hour |
/// | FREQ | 11:0, 23:12 | MHz of the DPU, MHz of the side towards XRT |
/// | GIT_COMMIT_ID | 27:0 | the commit that it was built from |
/// | GIT_COMMIT_TIME | 31:0 | when that was made, in decimal digits |
/// | LOAD | 3:0, 7:4, 11:8 | parallelism, mean subtraction, channel augmentation |
/// | SAVE | 3:0 | parallelism |
///
/// - Source: what `xdputil query` makes of these registers.
package struct CoreIdentity: Equatable, Sendable {
  /// The registers in the order in which reports list them.
  package static let registers: [CoreRegister] = [
    .version, .buildTime, .frequency, .commit, .commitTime, .subversion, .architecture, .memoryConfiguration,
    .loadConfiguration, .convolutionConfiguration, .saveConfiguration, .poolConfiguration, .eltwiseConfiguration,
    .depthwiseConfiguration, .miscellaneousConfiguration,
  ]

  private let words: [CoreRegister: UInt32]

  /// Takes the registers; those that are left out read 0.
  package init(_ words: [CoreRegister: UInt32]) { self.words = words }

  /// Reads the registers of a core.
  package init(ofCore core: Int, of port: any Port) throws(DeviceError) {
    var words: [CoreRegister: UInt32] = [:]
    for register in CoreIdentity.registers { words[register] = try port.read(register, ofCore: core) }
    self.init(words)
  }

  /// A register as it was read.
  package subscript(register: CoreRegister) -> UInt32 { words[register] ?? 0 }

  /// The version of the IP, such as `4.0`.
  package var version: String { "\(self[.version] >> 28).\(self[.version] >> 24 & 15)" }

  /// What the IP is, in a word.
  package var kind: String {
    let names = ["unknown", "DPU", "softmax", "sigmoid", "resize", "SMFC", "YRR"]
    let number = Int(self[.version] >> 16 & 0xFF)
    return number < names.count ? names[number] : "unknown (\(number))"
  }

  /// How the registers are laid out, in a word.
  package var registerMap: String {
    let names = ["initial", "1toN", "1to1"]
    let number = Int(self[.version] & 0xFF)
    return number < names.count ? names[number] : "unknown (\(number))"
  }

  /// When the IP was built, such as `2022-06-21 13:15`; `nil` where the register holds no time.
  package var buildTime: String? {
    let word = self[.buildTime]
    let (month, day, hour, quarter) = (word >> 20 & 15, word >> 12 & 0xFF, word >> 4 & 0xFF, word & 15)
    guard (1...12).contains(month), (1...31).contains(day), hour < 24, quarter < 4 else { return nil }
    func two(_ number: UInt32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "20\(two(word >> 24))-\(two(month))-\(two(day)) \(two(hour)):\(two(15 * quarter))"
  }

  /// The clock that the cores were built for; nothing measures it.
  ///
  /// - Units: MHz
  package var megahertz: Int { Int(self[.frequency] & 0xFFF) }

  /// The clock of the side towards XRT, 0 where it is not told.
  ///
  /// - Units: MHz
  package var interfaceMegahertz: Int { Int(self[.frequency] >> 12 & 0xFFF) }

  /// The commit that the IP was built from, in hexadecimal digits; `nil` where it is not told.
  package var commit: String? {
    let number = self[.commit] & 0xFFF_FFFF
    let digits = String(number, radix: 16)
    return number == 0 ? nil : String(repeating: "0", count: 7 - digits.count) + digits
  }

  /// When that commit was made, in digits as the register has them; `nil` where it is not told.
  package var commitTime: String? { self[.commitTime] == 0 ? nil : String(self[.commitTime]) }

  /// How the load engine was built, `nil` where it is not told.
  package var load: (parallelism: Int, minusMean: Int, augmentation: Int)? {
    let word = Int(self[.loadConfiguration])
    return word == 0 ? nil : (word & 15, word >> 4 & 15, word >> 8 & 15)
  }

  /// How many rows the save engine writes at once, `nil` where it is not told.
  package var saveParallelism: Int? {
    self[.saveConfiguration] == 0 ? nil : Int(self[.saveConfiguration] & 15)
  }
}
