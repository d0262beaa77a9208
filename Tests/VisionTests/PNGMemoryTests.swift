import TestSupport
import Testing

import Vision

struct PNGMemoryTests {
  @Test("a block that was given back is given out again, to whoever needs as much")
  func reuse() throws {
    let memory = PNGMemory()
    let first = try #require(memory.allocate(1000))
    let other = try #require(memory.allocate(1000))
    #expect(first != other)
    memory.giveBack(first)
    #expect(memory.waitingByteCount == 1024)
    let larger = try #require(memory.allocate(1025))
    #expect(larger != first)
    #expect(memory.allocate(513) == first)
    #expect(memory.waitingByteCount == 0)
    for block in [first, other, larger] { memory.giveBack(block) }
    #expect(memory.waitingByteCount == 1024 + 1024 + 2048)
  }

  @Test("a block that grows keeps its content, and its place while there is room")
  func growth() throws {
    let memory = PNGMemory()
    let block = try #require(memory.enlarge(nil, to: 100))
    for offset in 0..<128 { block.storeBytes(of: UInt8(offset), toByteOffset: offset, as: UInt8.self) }
    #expect(memory.enlarge(block, to: 128) == block)
    let grown = try #require(memory.enlarge(block, to: 129))
    #expect((0..<128).allSatisfy { grown.load(fromByteOffset: $0, as: UInt8.self) == UInt8($0) })
    #expect(memory.allocate(100) == block, "the old block waits")
    memory.giveBack(block)
    memory.giveBack(grown)
  }

  @Test("no more than a limit waits, and no block is as large as an address space")
  func limits() throws {
    let memory = PNGMemory()
    let blocks = try (0..<3).map { _ in try #require(memory.allocate(PNGMemory.mostKept / 2)) }
    for block in blocks { memory.giveBack(block) }
    #expect(memory.waitingByteCount == PNGMemory.mostKept / 2, "the others make room for the last")
    let large = try #require(memory.allocate(PNGMemory.mostKept + 1))
    memory.giveBack(large)
    #expect(memory.waitingByteCount == 0)
    #expect(memory.allocate(Int.max) == nil && memory.allocate(1 << 50) == nil && memory.allocate(-1) == nil)
    let empty = try #require(memory.allocate(0))
    memory.giveBack(empty)
  }
}
