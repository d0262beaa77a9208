import Devices
import Tensors
import XModel

/// `conv2d-fix`, `depthwise-conv2d-fix` and the transposed forms of both.
///
/// A transposed convolution is a set of plain ones: the outputs of one phase, those whose position has the same
/// remainder by the stride, see the same taps of the kernel, so that each phase is a convolution of stride 1 whose
/// results are written `stride` apart.
final class ConvolutionOperation: Kernel {
  let rows: Int
  let scratchByteCount: Int

  private struct Part {
    let convolution: Convolution
    let outputOffset: Int
    let firstRow: Int
  }
  private let parts: [Part]
  private let rowsPerFrame: Int
  private let inputFrame: Int
  private let outputFrame: Int

  init(_ reader: OperationReader, _ form: Convolution.Form, transposed: Bool) throws(DeviceError) {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    let input = try reader.image(inputLayout, "input")
    let output = try reader.image(outputLayout, "output")
    let window = try reader.window()
    let weights = try Weights(reader, form, window, input: input, output: output)
    let outputFixPoint = try reader.fixPoint(of: outputLayout, "output")
    let scale = try Scale(
      reader, inputFixPoint: reader.fixPoint(of: inputLayout, "input"), weightsFixPoint: weights.fixPoint,
      outputFixPoint: outputFixPoint)
    let activation = try Activation(reader, outputFixPoint: outputFixPoint)

    let geometry = ConvolutionGeometry(
      inputHeight: input.height, inputWidth: input.width, inputChannels: input.channels, outputHeight: output.height,
      outputWidth: output.width, outputChannels: output.channels, kernelHeight: window.kernelHeight,
      kernelWidth: window.kernelWidth, strideY: window.strideY, strideX: window.strideX, dilationY: window.dilationY,
      dilationX: window.dilationX, padTop: window.padTop, padLeft: window.padLeft,
      inputPixelStride: inputLayout.pixelStride, outputRowStride: output.width * outputLayout.pixelStride,
      outputPixelStride: outputLayout.pixelStride)
    let bias = try scale.bias(reader, channels: output.channels)

    var parts: [Part] = []
    var row = 0
    func add(_ geometry: ConvolutionGeometry, weights: [Int8], offset: Int) {
      let convolution = Convolution(
        geometry, form, weights: weights, bias: bias, shift: scale.shift, activation: activation,
        instructionSet: reader.instructionSet)
      parts.append(Part(convolution: convolution, outputOffset: offset, firstRow: row))
      row += geometry.outputHeight
    }
    if transposed {
      guard window.dilationX == 1, window.dilationY == 1 else {
        throw reader.unsupported("dilation \(window.dilationX)x\(window.dilationY) of a transposed convolution")
      }
      for phase in TransposedPhase.all(of: geometry, window) {
        add(phase.geometry, weights: phase.weights(weights, form), offset: phase.outputOffset)
      }
    } else {
      add(geometry, weights: weights.values, offset: 0)
    }
    self.parts = parts
    rowsPerFrame = row
    rows = row * output.batch
    scratchByteCount = parts.map { $0.convolution.scratchByteCount }.max() ?? 0
    inputFrame = input.height * input.width * inputLayout.pixelStride
    outputFrame = output.height * output.width * outputLayout.pixelStride
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    var row = rows.lowerBound
    while row < rows.upperBound {
      let frame = row / rowsPerFrame
      for part in parts {
        let first = frame * rowsPerFrame + part.firstRow
        let end = first + part.convolution.geometry.outputHeight
        guard row >= first, row < end else { continue }
        let stop = min(end, rows.upperBound)
        part.convolution.run(
          rows: row - first..<stop - first, input: operands.int8Input(0) + frame * inputFrame,
          output: operands.int8Output + (frame * outputFrame + part.outputOffset), scratch: operands.scratch)
        row = stop
        if row == rows.upperBound { return }
      }
    }
  }
}

/// The scales of a convolution: what its sums are shifted by, and its bias with them.
private struct Scale {
  /// Bits from twice the sum to the output.
  let shift: Int
  private let biasShift: Int?
  private let inputAndWeights: Int

  init(_ reader: OperationReader, inputFixPoint: Int, weightsFixPoint: Int, outputFixPoint: Int) throws(DeviceError) {
    inputAndWeights = inputFixPoint + weightsFixPoint
    if ["HSIGMOID", "HSWISH"].contains(reader.keyword("nonlinear")) {
      // Here the compiler gives the shifts themselves: the output's fix point is that of the function's result.
      shift = try reader.integer("shift_cut") + 1
      biasShift = try reader.integer("shift_bias") + 1
      guard (-32...63).contains(shift), (-32...48).contains(biasShift ?? 0) else {
        throw reader.invalid("shift_cut \(shift - 1), shift_bias \((biasShift ?? 0) - 1): out of range")
      }
    } else {
      shift = inputAndWeights - outputFixPoint + 1
      biasShift = nil
    }
  }

  /// The bias at the scale of twice the sum.
  func bias(_ reader: OperationReader, channels: Int) throws(DeviceError) -> [Int64] {
    guard let constant = try reader.constant("bias") else { return [Int64](repeating: 0, count: channels) }
    let layout = try reader.layout(of: constant.index)
    guard layout.shape.elementCount == channels, constant.bytes.count == channels else {
      throw reader.invalid("bias has shape \(layout.shape), expected \(channels) elements")
    }
    let fixPoint = try reader.fixPoint(of: layout, "bias")
    var left = biasShift ?? inputAndWeights - fixPoint + 1
    if left < 0, !reader.isInline(constant.index) {
      // In REG_0 the compiler has already shifted such a bias right.
      left = 0
    }
    guard left <= 48 else { throw reader.invalid("bias is shifted left by \(left) bits, expected at most 48") }
    return constant.bytes.withUnsafeBytes { bytes in
      bytes.map { byte in
        let value = Int64(Int8(bitPattern: byte))
        return left >= 0 ? value << Int64(left) : value >> Int64(min(-left, 63))
      }
    }
  }
}

/// The weights of a convolution in plain order, `[oc, kh, kw, ic]` or depthwise `[kh, kw, c]`.
struct Weights {
  /// The weights.
  let values: [Int8]
  /// Their scale.
  let fixPoint: Int
  private let kernelHeight: Int
  private let kernelWidth: Int

  init(
    _ reader: OperationReader, _ form: Convolution.Form, _ window: Window, input: ImageShape, output: ImageShape
  ) throws(DeviceError) {
    guard let constant = try reader.constant("weights") else { throw reader.invalid("has no weights") }
    let layout = try reader.layout(of: constant.index)
    fixPoint = try reader.fixPoint(of: layout, "weights")
    kernelHeight = window.kernelHeight
    kernelWidth = window.kernelWidth
    let expected: Shape
    switch form {
    case .dense:
      expected = Shape([output.channels, kernelHeight, kernelWidth, input.channels])
    case .depthwise:
      guard input.channels == output.channels else {
        throw reader.unsupported(
          "channel multiplier: \(input.channels) input channels, \(output.channels) output channels; only 1 runs")
      }
      expected = Shape([1, kernelHeight, kernelWidth, input.channels])
    }
    guard layout.shape == expected, constant.bytes.count == expected.elementCount else {
      throw reader.invalid("weights have shape \(layout.shape), expected \(expected)")
    }
    let stored = constant.bytes.withUnsafeBytes { bytes in bytes.map { Int8(bitPattern: $0) } }
    let grouped = reader.operation.type == "transposed-conv2d-fix" && !reader.isInline(constant.index)
    values = grouped ? Weights.ungrouped(stored, window, channels: input.channels) : stored
  }

  /// Puts the taps of a compiled transposed convolution, which are grouped by output phase, into raster order.
  private static func ungrouped(_ stored: [Int8], _ window: Window, channels: Int) -> [Int8] {
    var order: [Int] = []
    for phaseY in 0..<window.strideY {
      for phaseX in 0..<window.strideX {
        for y in stride(from: phaseY, to: window.kernelHeight, by: window.strideY) {
          for x in stride(from: phaseX, to: window.kernelWidth, by: window.strideX) {
            order.append(y * window.kernelWidth + x)
          }
        }
      }
    }
    var result = stored
    let perOutput = order.count * channels
    for output in 0..<(perOutput == 0 ? 0 : stored.count / perOutput) {
      for (place, tap) in order.enumerated() {
        let from = output * perOutput + place * channels
        let to = output * perOutput + tap * channels
        for channel in 0..<channels { result[to + channel] = stored[from + channel] }
      }
    }
    return result
  }

  /// Takes every n-th tap in both directions.
  func taps(_ form: Convolution.Form, y: StrideTo<Int>, x: StrideTo<Int>, inputChannels: Int, outputChannels: Int)
    -> [Int8]
  {
    let rows = form == .dense ? outputChannels : 1
    let channels = form == .dense ? inputChannels : outputChannels
    var result: [Int8] = []
    for row in 0..<rows {
      for tapY in y {
        for tapX in x {
          let start = ((row * kernelHeight + tapY) * kernelWidth + tapX) * channels
          result.append(contentsOf: values[start..<start + channels])
        }
      }
    }
    return result
  }
}
