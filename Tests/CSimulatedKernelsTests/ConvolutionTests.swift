import CSimulatedKernels
import Tensors
import TestSupport
import Testing

@Suite struct ConvolutionTests {
  @Test(
    "a row of outputs equals its definition for any shape, and nothing beside the memory is touched",
    arguments: KernelSet.all)
  func convolution(set: KernelSet) {
    for seed in UInt64(1)...400 {
      var random = SeededGenerator(seed: seed)
      let groups = random.pick(1...6), kernel = random.pick(1...5)
      let outputs = random.pick(0...3) == 0 ? random.pick(1...3) : random.pick(1...40)
      let example = Example(
        rows: random.pick(1...4), run: kernel * groups, quads: random.pick(1...4),
        step: random.pick(1...3) * groups * 16,
        outputs: outputs, gap: random.pick(0...3) * 16)
      let isEqual = example.sums(set, &random) == example.expected
      #expect(isEqual, "seed \(seed)")
    }
  }

  @Test("as many products as weight banks hold keep their sum", arguments: KernelSet.all)
  func greatestSums(set: KernelSet) {
    for (window, weight) in [(UInt8.min, Int8.min), (.min, .max), (.max, .min), (.max, .max)] {
      let example = Example(rows: 16, run: 128, quads: 4, step: 16, outputs: 9, gap: 0)
      example.window = [UInt8](repeating: window, count: example.windowByteCount)
      example.weights = [Int8](repeating: weight, count: 256 * 2048)
      var random = SeededGenerator(seed: 1)
      let isEqual = example.sums(set, &random) == example.expected
      #expect(isEqual, "\(window) times \(weight)")
    }
  }

  @Test("the sums of a window of zeros are zero", arguments: KernelSet.all)
  func zeros(set: KernelSet) {
    let example = Example(rows: 3, run: 6, quads: 4, step: 32, outputs: 11, gap: 16)
    example.window = [UInt8](repeating: 128, count: example.windowByteCount)
    var random = SeededGenerator(seed: 5)
    #expect(example.sums(set, &random) == [Int32](repeating: 0, count: 11 * 16))
  }

  /// One row of outputs.
  private final class Example {
    let rows, run, quads, step, outputs, rowStride: Int
    var window: [UInt8] = []
    /// `[cell][quad][output channel][4]`
    var weights: [Int8] = []

    init(rows: Int, run: Int, quads: Int, step: Int, outputs: Int, gap: Int) {
      (self.rows, self.run, self.quads, self.step, self.outputs) = (rows, run, quads, step, outputs)
      rowStride = (outputs - 1) * step + run * 16 + gap
    }

    var windowByteCount: Int { (rows - 1) * rowStride + (outputs - 1) * step + run * 16 }

    /// What the kernel makes of it; window and weights that are not there yet are drawn.
    func sums(_ set: KernelSet, _ random: inout SeededGenerator) -> [Int32] {
      if window.isEmpty {
        window = random.cells(windowByteCount / 16).map { UInt8(bitPattern: $0) }
      }
      if weights.isEmpty { weights = random.cells(16 * rows * run) }
      let functions = set.functions
      let cells = rows * run
      let prepared = GuardedMemory(
        count: (cells * functions.prepared_cell_size + 63) / 64 * 64, atEnd: true, filledWith: 0x5A)
      let woven = GuardedMemory(weights), input = GuardedMemory(window.map { Int8(bitPattern: $0) })
      let start = GuardedMemory(count: 64, atEnd: true, filledWith: 0x5A)
      let sums = GuardedMemory(count: outputs * 64, atEnd: true, filledWith: 0x5A)
      let ready = functions.prepare(
        woven.pointer, Int32(cells), Int32(quads), prepared.start, start.int32s)
      var row = dpus_conv_row(
        window: input.start.assumingMemoryBound(to: UInt8.self), row_stride: rowStride, rows: Int32(rows),
        run: Int32(run), quads: Int32(quads), step: step, outputs: Int32(outputs), weights: ready,
        start: start.int32s, sums: sums.int32s)
      functions.conv_row(&row)
      return [Int32](sums.elements(as: Int32.self))
    }

    /// Sums of products of the values that lifted bytes stand for, channels behind the used quads left out.
    var expected: [Int32] {
      var sums = [Int32](repeating: 0, count: outputs * 16)
      for output in 0..<outputs {
        for y in 0..<rows {
          for cell in 0..<run {
            let x = y * rowStride + output * step + cell * 16
            let w = (y * run + cell) * 256
            for channel in 0..<4 * quads {
              let value = Int32(window[x + channel]) - 128
              for o in 0..<16 {
                sums[output * 16 + o] += value * Int32(weights[w + channel / 4 * 64 + o * 4 + channel % 4])
              }
            }
          }
        }
      }
      return sums
    }
  }
}
