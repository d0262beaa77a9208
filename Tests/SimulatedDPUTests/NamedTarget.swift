import SimulatedDPU
import Testing
import XModel

/// The fingerprints that cores of the simulated sizes were given, and what follows from them.
struct NamedTarget: CustomTestStringConvertible, Sendable {
  let name: String
  let fingerprint: UInt64
  let pixelParallelism: Int
  let bankWidth: Int
  let imageBankCount: Int
  let biasBank: Int

  var testDescription: String { name }

  /// - Source: the target descriptions of Vitis AI 1.3 to 3.5.
  static let all: [NamedTarget] =
    arrays.flatMap { name, index, pixels, width, parallelism -> [NamedTarget] in
      func target(_ kind: String, _ fingerprint: UInt64, groups: Int, hasDepthwise: Bool = true) -> NamedTarget {
        NamedTarget(
          name: "\(kind) \(name)", fingerprint: fingerprint, pixelParallelism: pixels, bankWidth: width,
          imageBankCount: groups * pixels, biasBank: groups * pixels + width + (hasDepthwise ? 1 : 0))
      }
      let rows = parallelism << 8
      return [
        target("ISA0 MIN", 0x0100_0020_2201_0100 | index, groups: 2, hasDepthwise: false),
        target("ISA0 MAX", 0x0100_0020_F701_0000 | rows << 4 | rows | index, groups: 3),
        target("ISA0 BG2", 0x0100_0020_F601_0000 | rows << 4 | rows | index, groups: 2),
        target("ISA1", 0x0101_0000_1601_0000 | rows | index, groups: 2),
        target("ISA1 argmax", 0x0101_0000_5601_0000 | rows | index, groups: 2),
      ]
    }

  /// Name, index, image rows at once, bytes of a bank row, rows of pools at once.
  private static let arrays: [(String, UInt64, Int, Int, UInt64)] = [
    ("B512", 0, 4, 8, 2), ("B800", 1, 4, 10, 2), ("B1024", 2, 8, 8, 4), ("B1152", 3, 4, 12, 2),
    ("B1600", 4, 8, 10, 4), ("B2304", 5, 8, 12, 4), ("B3136", 6, 8, 14, 4), ("B4096", 7, 8, 16, 4),
  ]

  /// The same core with another fingerprint.
  func with(fingerprint: UInt64) -> NamedTarget {
    NamedTarget(
      name: name, fingerprint: fingerprint, pixelParallelism: pixelParallelism, bankWidth: bankWidth,
      imageBankCount: imageBankCount, biasBank: biasBank)
  }

  func target() throws -> DPUTarget { try DPUTarget(Fingerprint(fingerprint)) }
}
