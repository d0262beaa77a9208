import SimulatedDPU
import Testing
import XModel

struct PredictionRangeTests {
  private let measured = Fingerprint(0x100_0020_F601_4407)

  @Test("a job like those that were measured differs in nothing")
  func inside() {
    let range = PredictionRange([measured, measured], megahertz: 300, cores: 2)
    #expect(range.differences.isEmpty)
    #expect(range.expectation == "10 % for a U-Net with few channels, 20 % for others")
  }

  @Test("another core, clock or number of cores is named, each core once")
  func outside() {
    let other = Fingerprint(0x101_0000_1601_0404)
    let range = PredictionRange([other, measured, other], megahertz: 200, cores: 1)
    #expect(
      range.differences == [
        "ISA1 B1600 (0x101000016010404)", "another clock: the speed of memory does not follow it",
        "1 core, where 2 shared the memory",
      ])
    #expect(range.expectation.hasPrefix("20 %; not measured: ISA1 B1600"))
  }
}
