import CSoftwareKernels

/// A convolution of one frame: extents, window, and how pixels lie in memory. All lengths are in elements.
struct ConvolutionGeometry: Equatable, Sendable {
  var inputHeight: Int
  var inputWidth: Int
  var inputChannels: Int
  var outputHeight: Int
  var outputWidth: Int
  var outputChannels: Int
  var kernelHeight: Int
  var kernelWidth: Int
  var strideY = 1
  var strideX = 1
  var dilationY = 1
  var dilationX = 1
  /// The window of output row y starts at input row `y * strideY - padTop`; negative pads skip input rows.
  var padTop: Int
  var padLeft: Int
  var inputPixelStride: Int
  var outputRowStride: Int
  var outputPixelStride: Int

  /// Elements from one input row to the next.
  var inputRowStride: Int { inputWidth * inputPixelStride }

  /// The parameters as the C kernels take them, `nil` where a number does not fit.
  func parameters(shift: Int, low: Int32, high: Int32) -> dpuk_conv_params? {
    let numbers = [
      inputHeight, inputWidth, inputChannels, outputHeight, outputWidth, outputChannels, kernelHeight, kernelWidth,
      strideY, strideX, dilationY, dilationX, padTop, padLeft, shift,
    ].compactMap { Int32(exactly: $0) }
    guard numbers.count == 15 else { return nil }
    var result = dpuk_conv_params()
    result.in_height = numbers[0]
    result.in_width = numbers[1]
    result.in_channels = numbers[2]
    result.out_height = numbers[3]
    result.out_width = numbers[4]
    result.out_channels = numbers[5]
    result.kernel_height = numbers[6]
    result.kernel_width = numbers[7]
    result.stride_y = numbers[8]
    result.stride_x = numbers[9]
    result.dilation_y = numbers[10]
    result.dilation_x = numbers[11]
    result.pad_top = numbers[12]
    result.pad_left = numbers[13]
    result.shift = numbers[14]
    result.in_row_stride = inputRowStride
    result.in_pixel_stride = inputPixelStride
    result.out_row_stride = outputRowStride
    result.out_pixel_stride = outputPixelStride
    result.low = low
    result.high = high
    return result
  }
}
