import SimulatedDPU
import Tensors
import Testing

struct AddressSpaceTests {
  @Test("buffers begin at whole pages with a free page on each side")
  func pages() {
    var space = AddressSpace(base: 0x1_0000_0000, byteCount: 16 * 4096)
    // Not in the expectation: Swift 6.0.3 crashes on calls there that change something.
    let addresses = [1, 4096, 4097].map { space.allocate(byteCount: $0) }
    #expect(addresses == [0x1_0000_1000, 0x1_0000_4000, 0x1_0000_7000])
    #expect(space.free == 6 * 4096)
    #expect(space.largestFree == 4 * 4096)
  }

  @Test("what is full says so, and what is given back can be had again")
  func exhaustion() {
    var space = AddressSpace(base: 0, byteCount: 6 * 4096)
    let taken = [4096, 4096, 1].map { space.allocate(byteCount: $0) }
    #expect(taken == [0x1000, 0x4000, nil])
    #expect(space.largestFree == 0)
    space.release(4096)
    let again = [4097, 4096].map { space.allocate(byteCount: $0) }
    #expect(again == [nil, 0x1000])
  }

  @Test("a size that no window holds is refused, not wrapped round")
  func overflow() {
    var space = AddressSpace(base: 0, byteCount: 1 << 30)
    let tooLarge = [Int.max, .max - 4096].map { space.allocate(byteCount: $0) }
    #expect(tooLarge == [nil, nil])
  }

  @Test("live buffers never touch, whatever comes and goes", arguments: UInt64(1)...10)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var space = AddressSpace(base: 0x6000_0000, byteCount: 100 * 4096)
    var live: [(address: UInt64, byteCount: Int)] = []
    for _ in 0..<300 {
      if Bool.random(using: &random), let index = live.indices.randomElement(using: &random) {
        space.release(live.remove(at: index).address)
      } else {
        let byteCount = Int.random(in: 1...20_000, using: &random)
        guard let address = space.allocate(byteCount: byteCount) else {
          #expect(space.largestFree < byteCount, "seed \(seed)")
          continue
        }
        #expect(address % 4096 == 0)
        for other in live {
          let isApart =
            address >= other.address + UInt64(other.byteCount) + 4096
            || other.address >= address + UInt64(byteCount) + 4096
          #expect(isApart, "seed \(seed): \(address) and \(other.address)")
        }
        #expect(address + UInt64(byteCount) + 4096 <= space.base + space.byteCount, "seed \(seed)")
        live.append((address, byteCount))
      }
    }
    for buffer in live { space.release(buffer.address) }
    #expect(space.free == space.byteCount)
  }
}
