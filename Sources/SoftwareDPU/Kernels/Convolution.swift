import CSoftwareKernels
import Tensors

/// A convolution, dense or depthwise, with bias, shift and activation: the sums of products, finished as a DPU does.
///
/// Vector kernels compute it where the instruction set has them and 32 bits are sure to hold the sums; the
/// portable code below is the reference for all of them.
final class Convolution: Sendable {
  /// Whether each output channel sees one input channel only.
  enum Form: Sendable { case dense, depthwise }

  let geometry: ConvolutionGeometry
  private let form: Form
  private let weights: [Int8]
  /// Per output channel, at the scale of twice the sum.
  private let bias: [Int64]
  private let shift: Int
  private let activation: Activation
  private let prepared: PreparedConvolution?

  /// Prepares a convolution.
  ///
  /// - Parameters:
  ///   - weights: `[outputChannels, kernelHeight, kernelWidth, inputChannels]`, depthwise without the first axis.
  ///   - bias: One number per output channel, at the scale of twice the sum.
  ///   - shift: Bits from twice the sum to the output.
  init(
    _ geometry: ConvolutionGeometry, _ form: Form, weights: [Int8], bias: [Int64], shift: Int, activation: Activation,
    instructionSet: InstructionSet
  ) {
    self.geometry = geometry
    self.form = form
    self.weights = weights
    self.bias = bias
    self.shift = shift
    self.activation = activation
    prepared = PreparedConvolution(
      geometry, form, weights: weights, bias: bias, shift: shift, activation: activation,
      instructionSet: instructionSet)
  }

  /// Bytes of scratch memory that a call needs.
  var scratchByteCount: Int { prepared?.scratchByteCount ?? 0 }

  /// Computes rows of one frame.
  func run(
    rows: Range<Int>, input: UnsafePointer<Int8>, output: UnsafeMutablePointer<Int8>, scratch: UnsafeMutableRawPointer
  ) {
    guard let prepared else { return runPortably(rows: rows, input: input, output: output) }
    if prepared.finishes {
      prepared.run(rows: rows, input: input, output: output, scratch: scratch)
      return
    }
    for row in rows {
      let sums = prepared.sums(row: row, input: input, scratch: scratch)
      for x in 0..<geometry.outputWidth {
        let pixel = output + (row * geometry.outputRowStride + x * geometry.outputPixelStride)
        for channel in 0..<geometry.outputChannels {
          let sum = Int64(sums[x * geometry.outputChannels + channel])
          pixel[channel] = activation.finish(2 * sum + bias[channel], shift: shift)
        }
      }
    }
  }

  /// The reference: one output element after the other.
  private func runPortably(rows: Range<Int>, input: UnsafePointer<Int8>, output: UnsafeMutablePointer<Int8>) {
    weights.withUnsafeBufferPointer { weights in
      for y in rows {
        for x in 0..<geometry.outputWidth {
          let pixel = output + (y * geometry.outputRowStride + x * geometry.outputPixelStride)
          for channel in 0..<geometry.outputChannels {
            let sum = self.sum(y, x, channel, input, weights)
            pixel[channel] = activation.finish(2 * sum + bias[channel], shift: shift)
          }
        }
      }
    }
  }

  @inline(__always)
  private func sum(
    _ y: Int, _ x: Int, _ channel: Int, _ input: UnsafePointer<Int8>, _ weights: UnsafeBufferPointer<Int8>
  ) -> Int64 {
    let top = y * geometry.strideY - geometry.padTop
    let left = x * geometry.strideX - geometry.padLeft
    var sum: Int64 = 0
    for tapY in 0..<geometry.kernelHeight {
      let inputY = top + tapY * geometry.dilationY
      guard inputY >= 0, inputY < geometry.inputHeight else { continue }
      for tapX in 0..<geometry.kernelWidth {
        let inputX = left + tapX * geometry.dilationX
        guard inputX >= 0, inputX < geometry.inputWidth else { continue }
        let pixel = input + (inputY * geometry.inputRowStride + inputX * geometry.inputPixelStride)
        let tap = tapY * geometry.kernelWidth + tapX
        switch form {
        case .depthwise:
          sum += Int64(pixel[channel]) * Int64(weights[tap * geometry.outputChannels + channel])
        case .dense:
          let taps = geometry.kernelHeight * geometry.kernelWidth
          let base = (channel * taps + tap) * geometry.inputChannels
          // 2^17 products of int8 fit in 32 bits, and adding in 32 bits lets the compiler use vectors.
          var start = 0
          while start < geometry.inputChannels {
            let end = min(start + 1 << 16, geometry.inputChannels)
            var part: Int32 = 0
            for c in start..<end { part &+= Int32(pixel[c]) &* Int32(weights[base + c]) }
            sum += Int64(part)
            start = end
          }
        }
      }
    }
    return sum
  }
}
