import CSimulatedKernels
import Tensors
import TestSupport
import Testing

/// The functions on pixels in the rows of a bank, which wrap.
@Suite struct CellTests {
  @Test("operands are scaled, set, added and multiplied as defined", arguments: KernelSet.all)
  func scaling(set: KernelSet) {
    for seed in UInt64(1)...500 {
      var random = SeededGenerator(seed: seed)
      let bank = Bank(&random)
      let pixels = random.pick(1...30), each = random.pick(1...7), shift = random.pick(0...15)
      let old = (0..<pixels * each * 16).map { _ in Int32(random.pick(-512...508)) }
      let memory = GuardedMemory(count: old.count * 4, atEnd: true, filledWith: 0)
      let sums = memory.elements(as: Int32.self)
      var rows = bank.rows
      let functions = set.functions
      for (name, function, combine) in [
        ("set", functions.set_scaled, { (_: Int32, new: Int32) -> Int32 in new }),
        ("add", functions.add_scaled, { $0 + $1 }), ("multiply", functions.multiply_scaled, { $0 * $1 }),
      ] {
        _ = sums.initialize(from: old)
        function(&rows, Int32(pixels), Int32(each), Int32(shift), memory.int32s)
        let expected = old.indices.map { place -> Int32 in
          let value = bank.cell(place / 16 / each, place / 16 % each)[place % 16]
          return combine(old[place], (4 * Int32(value)) >> Int32(shift))
        }
        let isEqual = sums.elementsEqual(expected)
        #expect(isEqual, "\(name), seed \(seed)")
      }
    }
  }

  @Test("doubled sums are rounded as every DPU result is, and only their cells are written", arguments: KernelSet.all)
  func rounding(set: KernelSet) {
    for seed in UInt64(1)...1000 {
      var random = SeededGenerator(seed: seed)
      let bank = Bank(&random)
      let pixels = random.pick(1...30), each = random.pick(1...4), shift = random.pick(1...31)
      let low = random.pick(0...2) == 0 ? 0 : random.pick(-128...127), high = random.pick(max(0, low)...127)
      // Twice a sum and a bias stay in 32 bits; half of the sums lie about the edges of rounding and clamping.
      let sums = (0..<pixels * each * 16).map { _ -> Int32 in
        let far = random.pick(-0x2000_0000...0x2000_0000)
        return Int32(random.pick(0...1) == 0 ? far : far >> random.pick(0...29))
      }
      let biases = (0..<16).map { _ in Int32(random.pick(-128...127) << random.pick(0...20)) }
      var expected = bank.memory.int8s
      for (place, sum) in sums.enumerated() {
        let value = 2 * Int64(sum) + Int64(biases[place % 16])
        let rounded = Int(FixPoint.requantize(value, shift: shift))
        expected[bank.place(place / 16 / each, place / 16 % each) + place % 16] = Int8(min(max(rounded, low), high))
      }
      let memory = GuardedMemory(count: sums.count * 4, atEnd: true, filledWith: 0)
      _ = memory.elements(as: Int32.self).initialize(from: sums)
      var rows = bank.rows
      biases.withUnsafeBufferPointer { biases in
        var rounding = dpus_rounding(
          biases: biases.baseAddress!, shift: Int32(shift), low: Int32(low), high: Int32(high))
        set.functions.round_doubled(
          memory.int32s, &rounding, Int32(pixels), Int32(each), &rows)
      }
      let isEqual = bank.memory.int8s == expected
      #expect(isEqual, "seed \(seed)")
    }
  }

  @Test("pixels are copied with 128 added", arguments: KernelSet.all)
  func lifting(set: KernelSet) {
    for seed in UInt64(1)...500 {
      var random = SeededGenerator(seed: seed)
      let bank = Bank(&random)
      let each = random.pick(1...9), pixels = random.pick(0...3) == 0 ? random.pick(1...400) : random.pick(1...30)
      // Pixels that follow each other without a gap are the usual case.
      var rows = bank.rows
      if random.pick(0...1) == 0 { rows.jump = Int32(each) }
      let out = GuardedMemory(count: pixels * each * 16, atEnd: true, filledWith: 0x5A)
      set.functions.copy_lifted(&rows, Int32(pixels), Int32(each), out.start.assumingMemoryBound(to: UInt8.self))
      let expected = (0..<pixels * each * 16).map { place -> UInt8 in
        let row = (bank.row + place / 16 / each * Int(rows.jump) + place / 16 % each) % Bank.rows
        return UInt8(Int(bank.memory.pointer[row * 16 + place % 16]) + 128)
      }
      let isEqual = out.elements(as: UInt8.self).elementsEqual(expected)
      #expect(isEqual, "seed \(seed)")
    }
  }
}
