import CSimulatedKernels
import Tensors
import XModel

/// CONV: as many output channels as a bank row has bytes, in some rows, from a window of an image.
///
/// `t = 2 * sum(x * w) + (bias << shift_bias)`, an activation, and `shift_cut + 1` bits dropped.
final class ConvolutionOperation {
  private let source: WindowSource
  private let target: WindowTarget
  private let rounding: Rounding
  private let weightRow: Int
  private let biasRow: Int
  private let kernelHeight: Int
  private let kernelWidth: Int
  private let strideHeight: Int
  private let strideWidth: Int

  /// Works out what a CONV does.
  ///
  /// - Throws: `.invalid` for banks, rows and shifts that do not exist; `.unsupported` for activations that neither this
  ///   core nor the simulator has.
  init(_ fields: FieldReader) throws(ProgramError) {
    let rows = try fields.parallelRows(atMost: fields.target.pixelParallelism)
    kernelHeight = fields[.kernelH]
    kernelWidth = fields[.kernelW]
    strideHeight = fields[.strideH]
    strideWidth = fields[.strideW]
    source = try WindowSource(fields, WindowKernel(fields), outputRows: rows)
    target = try WindowTarget(fields, rows: rows)
    let cells = kernelHeight * kernelWidth * source.groups
    guard cells <= DPUTarget.rowsPerBank else {
      throw fields.fail(
        .invalid, .channelGroup,
        "the weights of a \(kernelWidth)x\(kernelHeight) kernel take \(cells) rows, a bank has \(DPUTarget.rowsPerBank)"
      )
    }
    let activation = try fields.activation(leaky: .convolutionLeakyReLU, relu6: .convolutionReLU6)
    rounding = Rounding(
      shift: fields[.shiftCut] + 1, biasShift: try fields.biasShift(), activation: activation,
      terms: cells * fields.target.bankWidth)
    weightRow = fields[.bankAddressWeights]
    biasRow = fields[.bankAddressBias]
  }

  /// Computes the rows.
  func run(_ banks: Banks, _ kernels: dpus_kernels, _ scratch: Scratch) {
    let groups = source.groups
    let cells = kernelHeight * kernelWidth * groups
    let quads = Int32((banks.width + 3) / 4)
    let start = scratch.start
    let weights = kernels.prepare(
      woven(cells, banks, scratch), Int32(cells), quads, scratch.prepared(kernels.prepared_cell_size * cells), start)
    let biases = scratch.biases
    let row = banks.biases + (biasRow & (DPUTarget.rowsPerBank - 1)) * Banks.rowPitch
    for lane in 0..<Banks.rowPitch { biases[lane] = Int32(row[lane]) << Int32(rounding.biasShift) }

    let tile = tileOutputs
    var first = 0
    while first < target.outputs {
      let outputs = min(tile, target.outputs - first)
      let columns = (outputs - 1) * strideWidth + kernelWidth
      let window = scratch.window(source.rows * columns * groups * Banks.rowPitch)
      source.copyLifted(columns: first * strideWidth..<first * strideWidth + columns, banks, kernels, into: window)
      for (number, place) in target.places.enumerated() {
        let rowStride = columns * groups * Banks.rowPitch
        var row = dpus_conv_row(
          window: window + number * strideHeight * rowStride, row_stride: rowStride, rows: Int32(kernelHeight),
          run: Int32(kernelWidth * groups), quads: quads, step: strideWidth * groups * Banks.rowPitch,
          outputs: Int32(outputs), weights: weights, start: start, sums: scratch.sums)
        kernels.conv_row(&row)
        let pixels = Banks.Pixels(
          bank: place.bank, row: place.row + first * target.jump, jump: target.jump, each: 1, count: outputs)
        rounding.roundDoubled(scratch, into: pixels, banks, kernels)
      }
      first += outputs
    }
  }

  /// Outputs of a row that are computed from one copy of the window: as many as scratch memory is meant to hold.
  private var tileOutputs: Int {
    let columnBytes = source.rows * source.groups * Banks.rowPitch
    let columns = Scratch.windowByteCount / columnBytes
    return max(1, min(Scratch.cellsAtOnce, (columns - kernelWidth) / strideWidth + 1))
  }

  /// The weights one behind another, also where they wrap at the end of their banks.
  private func woven(_ cells: Int, _ banks: Banks, _ scratch: Scratch) -> UnsafePointer<Int8> {
    let row = weightRow & (DPUTarget.rowsPerBank - 1)
    let fitting = min(cells, DPUTarget.rowsPerBank - row)
    let start = banks.weights + row * Banks.wovenPitch
    if fitting == cells { return UnsafePointer(start) }
    let copy = scratch.wrapped(cells * Banks.wovenPitch)
    copy.update(from: start, count: fitting * Banks.wovenPitch)
    (copy + fitting * Banks.wovenPitch).update(from: banks.weights, count: (cells - fitting) * Banks.wovenPitch)
    return UnsafePointer(copy)
  }
}

extension FieldReader {
  /// The activation that `act_type` asks for.
  ///
  /// - Throws: `.unsupported` where the core or the simulator does not have it.
  func activation(
    leaky: Fingerprint.Capability, relu6: Fingerprint.Capability
  ) throws(ProgramError) -> Rounding.Activation {
    guard let activation = Rounding.Activation(rawValue: self[.actType]) else {
      throw fail(.invalid, .actType, "expected 0 (none), 1 (ReLU), 3 (leaky ReLU) or 4 (ReLU6)")
    }
    switch activation {
    case .none, .relu: return activation
    case .prelu: throw fail(.unsupported, .actType, "PReLU is not simulated: no document says where its slopes stand")
    case .leaky: try need(leaky, for: .actType)
    case .relu6: try need(relu6, for: .actType)
    }
    return activation
  }

  /// Checks that the core can do something that a field asks for.
  func need(_ capability: Fingerprint.Capability, for field: InstructionField) throws(ProgramError) {
    guard target.fingerprint.has(capability) else {
      throw fail(.unsupported, field, "this core (\(target.fingerprint.hexadecimal)) has no \(capability.rawValue)")
    }
  }
}

extension WindowSource {
  /// Copies columns of all rows, each byte 128 more than the value; what is padding becomes 128, which stands for 0.
  ///
  /// - Shape: `[rows, columns, groups, 16]`
  func copyLifted(
    columns: Range<Int>, _ banks: Banks, _ kernels: dpus_kernels, into window: UnsafeMutablePointer<UInt8>
  ) {
    let pixelBytes = groups * Banks.rowPitch
    let real = realColumns.clamped(to: columns)
    for row in 0..<rows {
      let out = window + row * columns.count * pixelBytes
      guard realRows.contains(row), !real.isEmpty else {
        out.update(repeating: 128, count: columns.count * pixelBytes)
        continue
      }
      let left = (real.lowerBound - columns.lowerBound) * pixelBytes
      let right = (columns.upperBound - real.upperBound) * pixelBytes
      out.update(repeating: 128, count: left)
      (out + columns.count * pixelBytes - right).update(repeating: 128, count: right)
      let place = place(row)
      let pixels = Banks.Pixels(
        bank: place.bank, row: place.row + real.lowerBound * jump, jump: jump, each: groups, count: real.count)
      banks.copyLifted(pixels, kernels, into: out + left)
      if channelOffset > 0 { clearOffset(out, columns.count, width: banks.width) }
    }
  }

  private func clearOffset(_ out: UnsafeMutablePointer<UInt8>, _ columns: Int, width: Int) {
    for group in 0..<groups {
      let lanes = lanesOff(group, width: width)
      guard !lanes.isEmpty else { continue }
      dpus_clear_lanes(
        out + group * Banks.rowPitch, groups * Banks.rowPitch, Int32(columns), Int32(lanes.lowerBound))
    }
  }
}
