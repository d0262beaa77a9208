import CSoftwareKernels

/// The one owner of a convolution prepared by the C kernels.
final class PreparedConvolution: Sendable {
  /// Whether the C kernel also shifts, rounds and clamps; else it gives the sums.
  let finishes: Bool
  /// Bytes of scratch memory that a call needs.
  let scratchByteCount: Int

  // @unchecked: the C object is immutable once made.
  private nonisolated(unsafe) let raw: OpaquePointer
  private let sumsByteCount: Int

  /// Prepares a convolution, `nil` where there are no vector kernels for it.
  init?(
    _ geometry: ConvolutionGeometry, _ form: Convolution.Form, weights: [Int8], bias: [Int64], shift: Int,
    activation: Activation, instructionSet: InstructionSet
  ) {
    guard instructionSet != .portable, geometry.outputHeight > 0, geometry.outputWidth > 0 else { return nil }
    let largest = PreparedConvolution.largestSums(geometry, form, weights)
    guard let most = largest.max(), most < 1 << 31 else { return nil }

    // The C kernels finish in 32 bits: they may where twice the sum, the bias and the half can't leave them.
    let half = shift >= 1 ? Int64(1) << Int64(min(shift, 40) - 1) : 0
    let fits = zip(largest, bias).allSatisfy { 2 * $0 + Int64(clamping: $1.magnitude) + half < 1 << 31 }
    let clamp = activation.clamp
    let finishes = fits && clamp != nil && (1...31).contains(shift)
    let range = clamp ?? (-128, 127)
    guard var parameters = geometry.parameters(shift: finishes ? shift : 1, low: range.low, high: range.high) else {
      return nil
    }
    let bias32 = bias.map { finishes ? Int32($0) : 0 }
    let made = weights.withUnsafeBufferPointer { weights in
      bias32.withUnsafeBufferPointer { bias in
        parameters.weights = weights.baseAddress
        parameters.bias = bias.baseAddress
        return switch form {
        case .dense: dpuk_conv_create(instructionSet.vector, &parameters)
        case .depthwise: dpuk_depthwise_create(instructionSet.vector, &parameters)
        }
      }
    }
    guard let made else { return nil }
    raw = made
    self.finishes = finishes
    sumsByteCount = finishes ? 0 : (geometry.outputWidth * geometry.outputChannels * 4 + 63) & ~63
    scratchByteCount = sumsByteCount + dpuk_conv_scratch_size(made)
  }

  deinit { dpuk_conv_destroy(raw) }

  /// Computes finished rows of one frame.
  func run(
    rows: Range<Int>, input: UnsafePointer<Int8>, output: UnsafeMutablePointer<Int8>, scratch: UnsafeMutableRawPointer
  ) {
    dpuk_conv_run(raw, input, output, Int32(rows.lowerBound), Int32(rows.upperBound), scratch)
  }

  /// Computes the sums of one row; they lie in the scratch memory, `[outputWidth, outputChannels]`.
  func sums(row: Int, input: UnsafePointer<Int8>, scratch: UnsafeMutableRawPointer) -> UnsafePointer<Int32> {
    let sums = scratch.assumingMemoryBound(to: Int32.self)
    dpuk_conv_run_sums(raw, input, sums, Int32(row), Int32(row + 1), scratch + sumsByteCount)
    return UnsafePointer(sums)
  }

  /// For each output channel the largest magnitude that the sum of products can have.
  private static func largestSums(
    _ geometry: ConvolutionGeometry, _ form: Convolution.Form, _ weights: [Int8]
  ) -> [Int64] {
    var result = [Int64](repeating: 0, count: geometry.outputChannels)
    let perChannel = geometry.outputChannels == 0 ? 0 : weights.count / geometry.outputChannels
    for (place, weight) in weights.enumerated() {
      let channel = form == .dense ? place / perChannel : place % geometry.outputChannels
      result[channel] += 128 * Int64(weight.magnitude)
    }
    return result
  }
}
