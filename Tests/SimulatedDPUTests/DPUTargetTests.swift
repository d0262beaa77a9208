import SimulatedDPU
import TestSupport
import Testing
import XModel

@Suite struct DPUTargetTests {
  @Test("numbers fingerprints as AMD's targets do")
  func fingerprints() {
    let known: [(String, UInt64)] = [
      ("ISA0 MIN B512", 0x100_0020_2201_0100), ("ISA0 MAX B512", 0x100_0020_f701_2200),
      ("ISA0 MAX B4096", 0x100_0020_f701_4407), ("ISA0 BG2 B2304", 0x100_0020_f601_4405),
      ("ISA1 B800", 0x101_0000_1601_0201), ("ISA1 argmax B1600", 0x101_0000_5601_0404),
    ]
    for (name, fingerprint) in known {
      #expect(NamedTarget.all.first { $0.name == name }?.fingerprint == fingerprint, "\(name)")
    }
  }

  @Test("knows the banks of every core", arguments: NamedTarget.all)
  func banks(named: NamedTarget) throws {
    let target = try named.target()
    #expect(target.pixelParallelism == named.pixelParallelism)
    #expect(target.bankWidth == named.bankWidth)
    #expect(target.imageBankCount == named.imageBankCount)
    #expect(target.bank(0) == .image(0))
    #expect(target.bank(named.imageBankCount - 1) == .image(named.imageBankCount - 1))
    #expect(target.bank(named.imageBankCount) == .weights(channel: 0))
    #expect(target.bank(named.imageBankCount + named.bankWidth - 1) == .weights(channel: named.bankWidth - 1))
    #expect(target.bank(named.biasBank) == .bias)
    if target.hasDepthwiseWeights { #expect(target.bank(named.biasBank - 1) == .depthwiseWeights) }
    #expect(target.hasDepthwiseWeights == !named.name.contains("MIN"))
    #expect(target.bank(named.biasBank + 1) == nil)
    #expect(target.bank(-1) == nil)
  }

  @Test(
    "says which cores it does not simulate",
    arguments: [
      (0x101_0000_1601_0208, "B128"), (0x101_0000_1601_0109, "B144"), (0x101_0000_1601_010A, "B256"),
      (0x101_0000_1601_010B, "B64"), (0x101_0000_1601_040C, "unknown array 12"),
      (0x0901_4000_4400_0E44, "not a DPUCZDX8G"), (0x102_0000_1601_0407, "not a DPUCZDX8G"), (0, "not a DPUCZDX8G"),
    ] as [(UInt64, String)])
  func unsupported(fingerprint: UInt64, words: String) {
    let error = thrownError(ProgramError.self) { try DPUTarget(Fingerprint(fingerprint)) }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "no error")")
    #expect(error?.message.contains("the simulator runs") == true)
  }

  @Test("refuses numbers that describe no core")
  func senseless() {
    let noBanks = thrownError(ProgramError.self) { try DPUTarget(Fingerprint(0x101_0000_1401_0407)) }
    #expect(noBanks?.message.contains("0 image bank groups") == true)
    let wide = thrownError(ProgramError.self) { try DPUTarget(Fingerprint(0x101_0000_1601_0F07)) }
    #expect(wide?.message.contains("at most 8") == true)
  }
}
