/// The 64 bits that name the configuration of a DPU core: the same in the core's registers and in what is compiled
/// for it.
///
/// | bits | ISA0 (IP v3) | ISA1 (IP v4) |
/// |---|---|---|
/// | 63:56 | family, 1 = DPUCZDX8G | same |
/// | 55:48 | 0 | 1 |
/// | 37 | max reduction by pooling | - |
/// | 36 | eltwise multiplication | - |
/// | 35:34 / 33:32 | - | log2 of ALU write / convolution write parallelism |
/// | 31 | depthwise ReLU6 | - |
/// | 30 | average pooling | argmax on save |
/// | 29 | convolution ReLU6 | ALU leaky ReLU |
/// | 28 | convolution leaky ReLU | same |
/// | 27 | load mean | - |
/// | 26 | channel augmentation | same |
/// | 25:24 | image bank groups | same |
/// | 19:16 | eltwise parallelism | log2 of load parallelism |
/// | 15:12 | depthwise parallelism, 0 = none | 0 |
/// | 11:8 | pooling parallelism | ALU parallelism |
/// | 3:0 | array: see `MultiplierArray` | same |
///
/// - Source: arch.json and prototxt files of six Vitis AI releases; no bit of them is left unexplained.
package struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
  /// The family that the fields describe.
  package static let familyName = "DPUCZDX8G"

  /// The multiplier array of a core.
  package struct MultiplierArray: Hashable, Sendable {
    /// The name, after the peak operations per cycle.
    package let name: String
    /// Pixels that are computed at once.
    package let pixelParallelism: Int
    /// Input channels that are multiplied at once.
    package let inputChannelParallelism: Int
    /// Output channels that are computed at once.
    package let outputChannelParallelism: Int

    /// Operations per cycle at most, two for each multiplier.
    package var peakOperationsPerCycle: Int {
      2 * pixelParallelism * inputChannelParallelism * outputChannelParallelism
    }
  }

  /// The number as registers and files hold it.
  package let rawValue: UInt64

  /// Wraps a number.
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// Whether the number belongs to a DPUCZDX8G, so that its fields mean what is described here.
  package var isKnownFamily: Bool { field(56, 8) == 1 && instructionSet <= 1 }

  /// The instruction set: 0 or 1.
  package var instructionSet: Int { field(48, 8) }

  /// The multiplier array, `nil` for a number that was never given out.
  package var array: MultiplierArray? {
    let index = field(0, 4)
    guard index < Fingerprint.arrays.count else { return nil }
    let (name, pixels, inputs, outputs) = Fingerprint.arrays[index]
    return MultiplierArray(
      name: name, pixelParallelism: pixels, inputChannelParallelism: inputs, outputChannelParallelism: outputs)
  }

  /// Groups of image banks.
  package var imageBankGroups: Int { field(24, 2) }

  /// What else the core can do, each in words with its number.
  package var features: [String] {
    let common = [("\(imageBankGroups) image bank groups", true), ("channel augmentation", bit(26))]
    let own: [(String, Bool)] =
      instructionSet == 0
      ? [
        ("pooling x\(field(8, 4))", field(8, 4) > 0), ("depthwise x\(field(12, 4))", field(12, 4) > 0),
        ("eltwise x\(field(16, 4))", field(16, 4) > 0), ("load mean", bit(27)), ("leaky ReLU", bit(28)),
        ("ReLU6", bit(29)), ("average pooling", bit(30)), ("depthwise ReLU6", bit(31)),
        ("eltwise multiplication", bit(36)), ("max reduction", bit(37)),
      ]
      : [
        ("ALU x\(field(8, 4))", true), ("load x\(1 << field(16, 4))", true), ("leaky ReLU", bit(28)),
        ("ALU leaky ReLU", bit(29)), ("argmax", bit(30)), ("convolution write x\(1 << field(32, 2))", true),
        ("ALU write x\(1 << field(34, 2))", true),
      ]
    return (common + own).filter(\.1).map(\.0)
  }

  /// The number in hexadecimal, as arch.json writes it.
  package var hexadecimal: String { "0x" + String(rawValue, radix: 16) }

  /// Family, instruction set, array and features in one line.
  package var description: String {
    guard isKnownFamily else { return "\(hexadecimal) (not a \(Fingerprint.familyName))" }
    let array = self.array?.name ?? "unknown array \(field(0, 4))"
    return "\(Fingerprint.familyName) ISA\(instructionSet) \(array): " + features.joined(separator: ", ")
  }

  private static let arrays: [(String, Int, Int, Int)] = [
    ("B512", 4, 8, 8), ("B800", 4, 10, 10), ("B1024", 8, 8, 8), ("B1152", 4, 12, 12), ("B1600", 8, 10, 10),
    ("B2304", 8, 12, 12), ("B3136", 8, 14, 14), ("B4096", 8, 16, 16), ("B128", 4, 4, 4), ("B144", 2, 6, 6),
    ("B256", 2, 8, 8), ("B64", 2, 4, 4),
  ]

  /// The number in so many bits.
  func field(_ lowestBit: Int, _ width: Int) -> Int { Int((rawValue >> UInt64(lowestBit)) & (1 << width - 1)) }

  /// Whether a bit is set.
  func bit(_ number: Int) -> Bool { field(number, 1) == 1 }
}
