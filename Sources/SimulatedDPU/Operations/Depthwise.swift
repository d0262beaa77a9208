extension ChannelwiseOperation {
  /// DPTWISE: a depthwise convolution of ISA0, rounded as a CONV is.
  ///
  /// - Throws: `.unsupported` on cores without it; else as `ChannelwiseOperation` and `Rounding`.
  convenience init(dptwise fields: FieldReader) throws(ProgramError) {
    guard fields.target.hasDepthwiseWeights else {
      throw ProgramError(
        .unsupported, "this core (\(fields.target.fingerprint.hexadecimal)) has no depthwise convolution",
        at: InstructionPlace(fields.index, fields.instruction))
    }
    let kernel = WindowKernel(fields)
    let activation = try fields.activation(leaky: .depthwiseLeakyReLU, relu6: .depthwiseReLU6)
    try self.init(
      fields, kernel: kernel, parallelism: fields.target.fingerprint.depthwiseParallelism,
      .multiply(
        weightRow: fields[.bankAddressWeights], rowsPerTap: fields[.channelGroup], biasRow: fields[.bankAddressBias],
        Rounding(
          shift: fields[.shiftCut] + 1, biasShift: try fields.biasShift(), activation: activation, terms: kernel.taps)))
  }
}

extension WindowKernel {
  /// The window of an instruction with `kernel_w` and `kernel_h`.
  init(_ fields: FieldReader) {
    self.init(
      height: fields[.kernelH], width: fields[.kernelW], strideHeight: fields[.strideH],
      strideWidth: fields[.strideW])
  }
}
