import CSimulatedKernels
import Tensors

/// What POOL, DPTWISE and ALU have in common: every channel of a window is worked on by itself.
final class ChannelwiseOperation {
  /// What becomes of the values under the kernel.
  enum Arithmetic {
    /// Products with a weight for each tap and channel, a bias, and rounding of twice the sum.
    case multiply(weightRow: Int, rowsPerTap: Int, biasRow: Int?, Rounding)
    /// The greatest value, rounded.
    case maximum(Rounding)
    /// The sum times a factor, rounded.
    case sum(factor: Int32, Rounding)
    /// The one value through a table, by the value plus 128.
    case table([Int8])
    /// The one value, below zero times a slope of the channel, and a shift by the sign of that product.
    case slopes(weightRow: Int, negativeShift: Int, positiveShift: Int)
  }

  private let source: WindowSource
  private let target: WindowTarget
  private let kernel: WindowKernel
  private let arithmetic: Arithmetic

  /// Works out what an instruction does.
  ///
  /// - Parameters:
  ///   - parallelism: Rows that the engine computes at once.
  ///   - isPadded: Whether pads and channel offset count.
  /// - Throws: `.invalid` for banks and rows that do not exist.
  init(
    _ fields: FieldReader, kernel: WindowKernel, parallelism: Int, isPadded: Bool = true, _ arithmetic: Arithmetic
  ) throws(ProgramError) {
    let rows = try fields.parallelRows(atMost: parallelism)
    source = try WindowSource(fields, kernel, outputRows: rows, isPadded: isPadded)
    target = try WindowTarget(fields, rows: rows)
    self.kernel = kernel
    self.arithmetic = arithmetic
  }

  /// Computes the rows.
  func run(_ banks: Banks, _ kernels: dpus_kernels, _ scratch: Scratch) {
    for row in target.places.indices {
      for group in 0..<source.groups { run(row, group, banks, kernels, scratch) }
    }
  }

  /// Outputs that lie side by side and see the same taps.
  private struct Stretch {
    let first: Int
    let count: Int
    let taps: Int
  }

  /// Computes 16 channels of one output row.
  private func run(_ row: Int, _ group: Int, _ banks: Banks, _ kernels: dpus_kernels, _ scratch: Scratch) {
    let offset = source.lanesOff(group, width: banks.width)
    if case .multiply(_, _, let biasRow, let rounding) = arithmetic {
      for lane in 0..<Banks.rowPitch {
        let bias = biasRow.map { banks.biases[cell($0 + group) + lane] } ?? 0
        scratch.biases[lane] = Int32(bias) << Int32(rounding.biasShift)
      }
    }
    let place = target.places[row]
    let step = kernel.strideWidth * source.jump * Banks.rowPitch
    var first = 0
    while first < target.outputs {
      let stretch = stretch(from: first, row: row, group: group, banks, scratch)
      let taps = scratch.taps(kernel.taps)
      let (sums, cells) = (scratch.sums, scratch.cells)
      let pixels = Banks.Pixels(
        bank: place.bank, row: place.row + first * target.jump + group, jump: target.jump, each: 1,
        count: stretch.count)
      let (count, outputs) = (Int32(stretch.taps), Int32(stretch.count))
      switch arithmetic {
      case .multiply(_, _, _, let rounding):
        kernels.multiply_taps(taps.cells, taps.weights, count, step, outputs, sums)
        clear(offset, stretch.count, to: 0, sums)
        rounding.roundDoubled(scratch, into: pixels, banks, kernels)
      case .maximum(let rounding):
        kernels.max_taps(taps.cells, count, step, outputs, -128, sums)
        clear(offset, stretch.count, to: -128, sums)
        rounding.round(scratch, into: pixels, banks, kernels)
      case .sum(let factor, let rounding):
        kernels.add_taps(taps.cells, count, step, outputs, sums)
        clear(offset, stretch.count, to: 0, sums)
        for place in 0..<stretch.count * Banks.rowPitch { sums[place] &*= factor }
        rounding.round(scratch, into: pixels, banks, kernels)
      case .table(let table):
        kernels.add_taps(taps.cells, count, step, outputs, sums)
        clear(offset, stretch.count, to: 0, sums)
        for place in 0..<stretch.count * Banks.rowPitch { cells[place] = table[Int(sums[place]) + 128] }
        banks.write(cells, to: pixels)
      case .slopes(let weightRow, let negativeShift, let positiveShift):
        kernels.add_taps(taps.cells, count, step, outputs, sums)
        clear(offset, stretch.count, to: 0, sums)
        let slopes = banks.depthwiseWeights + cell(weightRow + group)
        for place in 0..<stretch.count * Banks.rowPitch {
          let value = Int64(sums[place])
          let product = value < 0 ? value * Int64(slopes[place % Banks.rowPitch]) : value
          cells[place] = FixPoint.requantize(product, shift: product < 0 ? negativeShift : positiveShift)
        }
        banks.write(cells, to: pixels)
      }
      first += stretch.count
    }
  }

  /// Lists the taps of an output, and tells how many outputs from there on see the same ones a step further each.
  private func stretch(from first: Int, row: Int, group: Int, _ banks: Banks, _ scratch: Scratch) -> Stretch {
    let top = row * kernel.strideHeight
    let left = first * kernel.strideWidth
    // Pads may cover the whole kernel, so both ranges may be empty.
    let height = source.realRows.clamped(to: top..<top + kernel.height)
    let width = source.realColumns.clamped(to: left..<left + kernel.width)
    var count = min(target.outputs - first, Scratch.cellsAtOnce)
    if width.count == kernel.width {
      count = min(count, (source.realColumns.upperBound - kernel.width - left) / kernel.strideWidth + 1)
    } else {
      count = 1
    }
    let taps = scratch.taps(kernel.taps)
    let rowStep = kernel.strideWidth * source.jump
    var number = 0
    for y in height {
      let place = source.place(y)
      let bank = banks.image(place.bank)
      for x in width {
        let row = (place.row + x * source.jump + group) & (DPUTarget.rowsPerBank - 1)
        count = min(count, (DPUTarget.rowsPerBank - 1 - row) / rowStep + 1)
        taps.cells[number] = UnsafePointer(bank + row * Banks.rowPitch)
        if case .multiply(let weightRow, let rowsPerTap, _, _) = arithmetic {
          let weights = weightRow + ((y - top) * kernel.width + x - left) * rowsPerTap + group
          taps.weights[number] = UnsafePointer(banks.depthwiseWeights + cell(weights))
        }
        number += 1
      }
    }
    return Stretch(first: first, count: count, taps: number)
  }

  /// The place of a row in a bank, in bytes.
  private func cell(_ row: Int) -> Int { (row & (DPUTarget.rowsPerBank - 1)) * Banks.rowPitch }

  private func clear(_ lanes: Range<Int>, _ cells: Int, to value: Int32, _ sums: UnsafeMutablePointer<Int32>) {
    guard !lanes.isEmpty else { return }
    for cell in 0..<cells {
      for lane in lanes { sums[cell * Banks.rowPitch + lane] = value }
    }
  }
}
