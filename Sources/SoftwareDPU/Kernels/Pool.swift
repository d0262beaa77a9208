import CSoftwareKernels
import Devices
import Glibc
import Tensors

/// `pool-fix`: the maximum or the DPU's average over a window.
///
/// - Source: docs/arithmetic.md. The average is a sum times a constant, shifted: not a division.
final class Pool: Kernel {
  let rows: Int

  private enum Form { case max, average(multiplier: Int64) }
  private let form: Form
  private let geometry: ConvolutionGeometry
  private let shift: Int
  private let instructionSet: InstructionSet
  // @unchecked: plain numbers; the pointers in it stay null.
  private nonisolated(unsafe) let vectorParameters: dpuk_conv_params?

  init(_ reader: OperationReader) throws(DeviceError) {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    let input = try reader.image(inputLayout, "input")
    let output = try reader.image(outputLayout, "output")
    guard input.channels == output.channels, input.batch == output.batch else {
      throw reader.invalid(
        "input has shape \(inputLayout.shape), output \(outputLayout.shape): batch and channels differ")
    }
    let window = try reader.window()
    let drop = try reader.fixPoint(of: inputLayout, "input") - reader.fixPoint(of: outputLayout, "output")
    switch reader.keyword("type") {
    case "MAX":
      form = .max
      shift = drop
    case "AVG":
      guard window.kernelHeight * window.kernelWidth <= 1 << 20 else {
        throw reader.unsupported("kernel \(window.kernelWidth)x\(window.kernelHeight) of an average pool")
      }
      let factor = AverageFactor(width: window.kernelWidth, height: window.kernelHeight)
      form = .average(multiplier: factor.multiplier)
      shift = factor.shift + drop
    case let type: throw reader.unsupported("pool type \"\(type)\"; known are MAX and AVG")
    }
    geometry = ConvolutionGeometry(
      inputHeight: input.height, inputWidth: input.width, inputChannels: input.channels, outputHeight: output.height,
      outputWidth: output.width, outputChannels: output.channels, kernelHeight: window.kernelHeight,
      kernelWidth: window.kernelWidth, strideY: window.strideY, strideX: window.strideX, dilationY: window.dilationY,
      dilationX: window.dilationX, padTop: window.padTop, padLeft: window.padLeft,
      inputPixelStride: inputLayout.pixelStride, outputRowStride: output.width * outputLayout.pixelStride,
      outputPixelStride: outputLayout.pixelStride)
    rows = output.batch * output.height
    vectorParameters =
      reader.instructionSet != .portable && (-8...31).contains(shift)
      ? geometry.parameters(shift: 1, low: -128, high: 127) : nil
    instructionSet = reader.instructionSet
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    var row = rows.lowerBound
    while row < rows.upperBound {
      let frame = row / geometry.outputHeight
      let first = frame * geometry.outputHeight
      let stop = min(first + geometry.outputHeight, rows.upperBound)
      let input = operands.int8Input(0) + frame * geometry.inputHeight * geometry.inputRowStride
      let output = operands.int8Output + frame * geometry.outputHeight * geometry.outputRowStride
      run(frameRows: row - first..<stop - first, input: input, output: output)
      row = stop
    }
  }

  private func run(frameRows: Range<Int>, input: UnsafePointer<Int8>, output: UnsafeMutablePointer<Int8>) {
    switch form {
    case .max:
      if var parameters = vectorParameters {
        dpuk_max_pool(
          instructionSet.vector, &parameters, Int32(shift), input, output, Int32(frameRows.lowerBound),
          Int32(frameRows.upperBound))
        return
      }
      for y in frameRows {
        for x in 0..<geometry.outputWidth {
          let pixel = output + (y * geometry.outputRowStride + x * geometry.outputPixelStride)
          for channel in 0..<geometry.outputChannels {
            // A window wholly in the pad has no element to win: the lowest number stands.
            var best = Int8.min
            forEachTap(y, x) { best = max(best, input[$0 + channel]) }
            pixel[channel] = FixPoint.requantize(Int64(best), shift: shift)
          }
        }
      }
    case .average(let multiplier):
      for y in frameRows {
        for x in 0..<geometry.outputWidth {
          let pixel = output + (y * geometry.outputRowStride + x * geometry.outputPixelStride)
          for channel in 0..<geometry.outputChannels {
            var sum: Int64 = 0
            forEachTap(y, x) { sum += Int64(input[$0 + channel]) }
            pixel[channel] = FixPoint.requantize(sum * multiplier, shift: shift)
          }
        }
      }
    }
  }

  /// Visits the input pixels under the window of one output pixel, by offset.
  @inline(__always)
  private func forEachTap(_ y: Int, _ x: Int, _ body: (Int) -> Void) {
    for tapY in 0..<geometry.kernelHeight {
      let inputY = y * geometry.strideY - geometry.padTop + tapY * geometry.dilationY
      guard inputY >= 0, inputY < geometry.inputHeight else { continue }
      for tapX in 0..<geometry.kernelWidth {
        let inputX = x * geometry.strideX - geometry.padLeft + tapX * geometry.dilationX
        guard inputX >= 0, inputX < geometry.inputWidth else { continue }
        body(inputY * geometry.inputRowStride + inputX * geometry.inputPixelStride)
      }
    }
  }
}

/// The factor `multiplier / 2^shift` with which a DPU approximates one over the size of a window.
///
/// - Source: the compiler's tables and search rule; see docs/arithmetic.md.
struct AverageFactor: Equatable {
  let multiplier: Int64
  let shift: Int

  /// The factor of an average pool.
  init(width: Int, height: Int) {
    switch (width, height) {
    case (3, 3): self = AverageFactor(multiplier: 7, shift: 6)
    case (5, 5): self = AverageFactor(multiplier: 10, shift: 8)
    case (6, 6): self = AverageFactor(multiplier: 7, shift: 8)
    case (7, 7): self = AverageFactor(multiplier: 21, shift: 10)
    case (14, 14): self = AverageFactor(multiplier: 21, shift: 12)
    default: self.init(count: width * height)
    }
  }

  /// The factor of a mean over so many elements, by search: the least error, the smallest shift among equals.
  init(count: Int) {
    var bits = 0
    while 1 << bits < 128 * count { bits += 1 }
    var best: (error: Float, multiplier: Int64, shift: Int)?
    for shift in 0..<bits {
      let power = Float(1 << shift)
      let multiplier = (power / Float(count)).rounded()
      let error = abs(multiplier / power - 1 / Float(count))
      if best.map({ error < $0.error }) ?? true { best = (error, Int64(multiplier), shift) }
    }
    self.init(multiplier: best?.multiplier ?? 1, shift: best?.shift ?? 0)
  }

  private init(multiplier: Int64, shift: Int) {
    self.multiplier = multiplier
    self.shift = shift
  }
}
