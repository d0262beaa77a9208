import Tensors

extension ChannelwiseOperation {
  /// What ALU does, by `exec_mode`.
  private enum Mode: Int {
    case depthwise = 0
    case prelu = 1
    case averagePool = 2
    case maxPool = 3
    case leakyReLU = 4
    case maxReduction = 5
    case depthwiseWithoutBias = 6
    case hardSigmoid = 7
    case depthwise16 = 8
  }

  /// ALU: depthwise convolutions, pools and activations of ISA1.
  ///
  /// - Throws: `.unsupported` for what no document tells: 16-bit weights, and depth.
  convenience init(alu fields: FieldReader) throws(ProgramError) {
    guard fields[.kernelD] == 1 else {
      throw fields.fail(.unsupported, .kernelD, "kernels with depth are not simulated; expected 1")
    }
    guard let mode = Mode(rawValue: fields[.execMode]) else {
      throw fields.fail(.invalid, .execMode, "expected 0 to 8")
    }
    let kernel = WindowKernel(fields)
    let cut = fields[.shiftCut]
    let poolRounding = Rounding(shift: cut < 8 ? -cut : cut - 8, terms: kernel.taps)
    let arithmetic: Arithmetic
    switch mode {
    case .depthwise, .depthwiseWithoutBias:
      arithmetic = try ChannelwiseOperation.depthwise(fields, kernel, hasBias: mode == .depthwise)
    case .averagePool: arithmetic = .sum(factor: Int32(fields[.multiFactor]), poolRounding)
    case .maxPool, .maxReduction: arithmetic = .maximum(poolRounding)
    case .prelu, .leakyReLU, .hardSigmoid:
      for field in [InstructionField.kernelH, .kernelW, .strideH, .strideW] where fields[field] != 1 {
        throw fields.fail(.invalid, field, "exec_mode \(mode.rawValue) works on single pixels; expected 1")
      }
      arithmetic = try ChannelwiseOperation.pointwise(fields, mode)
    case .depthwise16:
      throw fields.fail(
        .unsupported, .execMode, "16-bit weights are not simulated: no document says how they stand in their bank")
    }
    try self.init(
      fields, kernel: kernel, parallelism: fields.target.fingerprint.poolParallelism, isPadded: mode != .maxReduction,
      arithmetic)
  }

  private static func depthwise(
    _ fields: FieldReader, _ kernel: WindowKernel, hasBias: Bool
  ) throws(ProgramError) -> Arithmetic {
    let activation = try fields.activation(leaky: .depthwiseLeakyReLU, relu6: .depthwiseReLU6)
    // Sums are doubled before rounding, with bias or without.
    return .multiply(
      weightRow: fields[.bankAddressWeights], rowsPerTap: fields[.jumpReadWeights],
      biasRow: hasBias ? fields[.bankAddressBias] : nil,
      Rounding(
        shift: fields[.shiftCut] + 1, biasShift: try fields.biasShift(), activation: activation, terms: kernel.taps))
  }

  private static func pointwise(_ fields: FieldReader, _ mode: Mode) throws(ProgramError) -> Arithmetic {
    let negative = fields.preluShift(.shiftPreluN)
    let positive = fields.preluShift(.shiftPreluP)
    switch mode {
    case .prelu:
      return .slopes(
        weightRow: fields[.bankAddressWeights], negativeShift: negative, positiveShift: positive)
    case .leakyReLU:
      let factor = Int64(fields[.multiFactor])
      return .table(
        (-128...127).map { value in
          let product = value < 0 ? Int64(value) * factor : Int64(value)
          // AMD's simulator looks at the sign behind the multiplication, so a negative factor changes the side.
          return FixPoint.requantize(product, shift: product < 0 ? negative : positive)
        })
    default:
      let (three, cut) = (Int64(3 * 2731) << Int64(try fields.biasShift()), fields[.shiftCut])
      return .table(
        (-128...127).map { value in
          FixPoint.requantize(min(1 << 32, max(0, 2731 * Int64(value) + three)), shift: cut)
        })
    }
  }
}

extension FieldReader {
  /// A shift that adds bits below 32 and drops those from 32 on.
  fileprivate func preluShift(_ field: InstructionField) -> Int { self[field] < 32 ? -self[field] : self[field] - 32 }
}
