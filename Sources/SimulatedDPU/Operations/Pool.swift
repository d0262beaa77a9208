extension ChannelwiseOperation {
  /// POOL: maximum or average of ISA0.
  ///
  /// - Throws: `.unsupported` where the core lacks the type, and for averages whose factor no document gives.
  convenience init(pool fields: FieldReader) throws(ProgramError) {
    let parallelism = fields.target.fingerprint.poolParallelism
    var kernel = WindowKernel(fields)
    // Below 8 bits are added, from 8 on the rest are dropped.
    let dropped = fields[.shiftCut] < 8 ? -fields[.shiftCut] : fields[.shiftCut] - 8
    switch fields[.poolType] {
    case 0:
      try self.init(fields, kernel: kernel, parallelism: parallelism, .maximum(Rounding(shift: dropped)))
    case 1:
      try fields.need(.averagePooling, for: .poolType)
      let (factor, bits) = try ChannelwiseOperation.average(fields, kernel)
      try self.init(
        fields, kernel: kernel, parallelism: parallelism, .sum(factor: factor, Rounding(shift: dropped + bits)))
    case 2:
      try fields.need(.maxReduction, for: .poolType)
      // Steps from kernel to kernel, whatever the strides say.
      let (height, width) = (fields[.dsKernelH], fields[.dsKernelW])
      kernel = WindowKernel(height: height, width: width, strideHeight: height, strideWidth: width)
      try self.init(
        fields, kernel: kernel, parallelism: parallelism, isPadded: false, .maximum(Rounding(shift: dropped)))
    default:
      throw fields.fail(.invalid, .poolType, "expected 0 (maximum), 1 (average) or 2 (maximum without pads)")
    }
  }

  /// One over the number of values, as a factor and bits to drop. Widths that are no power of two have a constant that the
  /// height does not change.
  private static func average(
    _ fields: FieldReader, _ kernel: WindowKernel
  ) throws(ProgramError) -> (factor: Int32, bits: Int) {
    switch kernel.width {
    case 3: return (28, 8)
    case 5: return (10, 8)
    case 6: return (7, 8)
    case 7: return (21, 10)
    default:
      guard kernel.taps & (kernel.taps - 1) == 0 else {
        throw fields.fail(
          .unsupported, .kernelH,
          "no document says by what a core divides an average of \(kernel.width) columns and this many rows")
      }
      return (1, kernel.taps.trailingZeroBitCount)
    }
  }
}
