import Testing
import XModel

@Suite struct FingerprintTests {
  @Test(
    "says family, instruction set, array and features in words",
    arguments: [
      (
        0x1000020F6014407,
        "DPUCZDX8G ISA0 B4096: 2 image bank groups, channel augmentation, pooling x4, depthwise x4, eltwise x1, "
          + "leaky ReLU, ReLU6, average pooling, depthwise ReLU6, max reduction"
      ),
      (
        0x1000030F7014407,
        "DPUCZDX8G ISA0 B4096: 3 image bank groups, channel augmentation, pooling x4, depthwise x4, eltwise x1, "
          + "leaky ReLU, ReLU6, average pooling, depthwise ReLU6, eltwise multiplication, max reduction"
      ),
      (
        0x101000056010404,
        "DPUCZDX8G ISA1 B1600: 2 image bank groups, channel augmentation, ALU x4, load x2, leaky ReLU, argmax, "
          + "convolution write x1, ALU write x1"
      ),
      (0x901400044000E44, "0x901400044000e44 (not a DPUCZDX8G)"),
      (0, "0x0 (not a DPUCZDX8G)"),
    ] as [(UInt64, String)])
  func words(number: UInt64, text: String) {
    #expect(Fingerprint(number).description == text)
  }

  @Test(
    "the array's name is its peak of operations per cycle",
    arguments: [
      (0x1000020F7012200, 512), (0x1000020F7012201, 800), (0x1000020F7014402, 1024), (0x1000020F7012203, 1152),
      (0x1000020F7014404, 1600), (0x1000020F6014405, 2304), (0x101000016010406, 3136), (0x101000016010407, 4096),
    ] as [(UInt64, Int)])
  func arrays(number: UInt64, peak: Int) throws {
    let array = try #require(Fingerprint(number).array)
    #expect(array.name == "B\(peak)")
    #expect(array.peakOperationsPerCycle == peak)
  }

  @Test("has no array for an index that was never given out")
  func unknownArray() {
    #expect(Fingerprint(0x10100001601040C).array == nil)
    #expect(Fingerprint(0x10100001601040C).description.hasPrefix("DPUCZDX8G ISA1 unknown array 12:"))
  }
}
