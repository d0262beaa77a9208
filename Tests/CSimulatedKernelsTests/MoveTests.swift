import CSimulatedKernels
import Tensors
import TestSupport
import Testing

/// Moves between memory and banks.
@Suite struct MoveTests {
  /// A transfer of elements.
  private struct Transfer {
    let width, channels, count, jump: Int

    init(_ random: inout SeededGenerator) {
      width = [8, 10, 12, 14, 16][random.pick(0...4)]
      channels = random.pick(0...1) == 0 ? random.pick(1...2 * width) : random.pick(1...200)
      count = random.pick(1...20)
      jump = random.pick(1...2 * channels)
    }

    var rowCount: Int { (channels + width - 1) / width }
    var byteCount: Int { (count - 1) * jump + channels }
    /// The bytes of a row of an element.
    func bytes(_ element: Int, _ row: Int) -> Range<Int> {
      element * jump + row * width..<element * jump + min(channels, (row + 1) * width)
    }
  }

  @Test("elements get to their rows, the rest of whose last one becomes zero") func loading() {
    for seed in UInt64(1)...2000 {
      var random = SeededGenerator(seed: seed)
      let bank = Bank(&random)
      let transfer = Transfer(&random)
      let source = GuardedMemory(random.int8s(transfer.byteCount))
      var expected = bank.memory.int8s
      for element in 0..<transfer.count {
        for row in 0..<transfer.rowCount {
          let bytes = transfer.bytes(element, row).map { source.pointer[$0] }
          let cell = bytes + [Int8](repeating: 0, count: 16 - bytes.count)
          expected.replaceSubrange(bank.place(element, row)..<bank.place(element, row) + 16, with: cell)
        }
      }
      var rows = bank.rows
      dpus_load_cells(
        source.start.assumingMemoryBound(to: UInt8.self), transfer.jump, Int32(transfer.count),
        Int32(transfer.channels), Int32(transfer.width), &rows)
      let isEqual = bank.memory.int8s == expected
      #expect(isEqual, "seed \(seed)")
    }
  }

  @Test("weights get to the places of their output channel and nowhere else") func weaving() {
    for seed in UInt64(1)...300 {
      var random = SeededGenerator(seed: seed)
      let bank = Bank(&random)
      let transfer = Transfer(&random)
      let channel = random.pick(0...15)
      let source = GuardedMemory(random.int8s(transfer.byteCount))
      let woven = GuardedMemory(random.int8s(Bank.rows * 256))
      var expected = woven.int8s
      for element in 0..<transfer.count {
        for row in 0..<transfer.rowCount {
          let bytes = transfer.bytes(element, row).map { source.pointer[$0] }
          for place in 0..<16 {
            let target = bank.place(element, row) * 16 + place / 4 * 64 + channel * 4 + place % 4
            expected[target] = place < bytes.count ? bytes[place] : 0
          }
        }
      }
      var rows = bank.rows
      rows.bank = woven.pointer + 4 * channel
      dpus_load_woven(
        source.start.assumingMemoryBound(to: UInt8.self), transfer.jump, Int32(transfer.count),
        Int32(transfer.channels), Int32(transfer.width), &rows)
      let isEqual = woven.int8s == expected
      #expect(isEqual, "seed \(seed)")
    }
  }

  @Test("elements are read back, and no byte between them is written") func saving() {
    for seed in UInt64(1)...2000 {
      var random = SeededGenerator(seed: seed)
      let bank = Bank(&random)
      let transfer = Transfer(&random)
      let target = GuardedMemory(random.int8s(transfer.byteCount))
      var expected = target.int8s
      for element in 0..<transfer.count {
        for row in 0..<transfer.rowCount {
          let bytes = transfer.bytes(element, row)
          expected.replaceSubrange(bytes, with: bank.cell(element, row)[..<bytes.count])
        }
      }
      var rows = bank.rows
      dpus_save_cells(
        &rows, Int32(transfer.width), target.start.assumingMemoryBound(to: UInt8.self), transfer.jump,
        Int32(transfer.count), Int32(transfer.channels))
      let isEqual = target.int8s == expected
      #expect(isEqual, "seed \(seed)")
    }
  }

  @Test("cells are written to their rows") func writing() {
    for seed in UInt64(1)...500 {
      var random = SeededGenerator(seed: seed)
      let bank = Bank(&random)
      let pixels = random.pick(1...30), each = random.pick(1...5)
      let cells = GuardedMemory(random.int8s(pixels * each * 16))
      var expected = bank.memory.int8s
      for cell in 0..<pixels * each {
        let place = bank.place(cell / each, cell % each)
        expected.replaceSubrange(place..<place + 16, with: cells.int8s[cell * 16..<cell * 16 + 16])
      }
      var rows = bank.rows
      dpus_write_cells(cells.pointer, Int32(pixels), Int32(each), &rows)
      let isEqual = bank.memory.int8s == expected
      #expect(isEqual, "seed \(seed)")
    }
  }

  @Test("lanes from a first one on are cleared", arguments: 0...16)
  func clearing(first: Int) {
    var random = SeededGenerator(seed: UInt64(first))
    let (count, step) = (7, 48)
    let memory = GuardedMemory(random.int8s((count - 1) * step + 16))
    var expected = memory.int8s
    for cell in 0..<count {
      for lane in first..<16 { expected[cell * step + lane] = Int8(bitPattern: 128) }
    }
    dpus_clear_lanes(memory.start.assumingMemoryBound(to: UInt8.self), step, Int32(count), Int32(first))
    #expect(memory.int8s == expected)
  }
}
