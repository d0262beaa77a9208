import Devices
import SoftwareDPU
import TestSupport
import Tensors
import Testing
import XModel

/// Operations with random geometry and numbers, against the arithmetic written out as plainly as it can be.
@Suite struct GeneratedOperationTests {
  static let devices = InstructionSet.available.map { SoftwareDevice(threadCount: 2, instructionSet: $0) }

  private func check(_ operation: SingleOperation, _ expected: [Int8], _ note: String) throws {
    for device in Self.devices {
      let result = try operation.run(on: device)
      #expect(result == expected, "\(note), \(device.instructionSet)")

      var random = SeededGenerator(seed: 1)
      let other = operation.withOtherInputs(&random)
      let batch = try operation.run([operation, other], on: device)
      let second = try other.run(on: device)
      #expect(batch == expected + second, "\(note), \(device.instructionSet), batch of two")
    }
  }

  @Test("convolutions are sums of products, rounded half up", arguments: 1...60 as ClosedRange<UInt64>)
  func convolution(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let depthwise = seed % 3 == 0
    let case_ = ConvolutionCase(depthwise: depthwise, transposed: false, random: &random)
    let expected = case_.outputs { y, x, tapY, tapX in
      let row = y * case_.strideY - case_.padTop + tapY * case_.dilationY
      let column = x * case_.strideX - case_.padLeft + tapX * case_.dilationX
      return (row, column)
    }
    try check(case_.operation, expected, "seed \(seed)")
  }

  @Test("transposed convolutions slide over the input with zeros between", arguments: 1...60 as ClosedRange<UInt64>)
  func transposed(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let case_ = ConvolutionCase(depthwise: seed % 3 == 0, transposed: true, random: &random)
    let expected = case_.outputs { y, x, tapY, tapX in
      let row = y - (case_.kernelHeight - 1 - case_.padTop) + tapY
      let column = x - (case_.kernelWidth - 1 - case_.padLeft) + tapX
      // Between the pixels lie zeros.
      guard row >= 0, column >= 0, row % case_.strideY == 0, column % case_.strideX == 0 else { return (-1, -1) }
      return (row / case_.strideY, column / case_.strideX)
    }
    try check(case_.operation, expected, "seed \(seed)")
  }

  @Test("additions keep two bits below the coarsest scale", arguments: 1...40 as ClosedRange<UInt64>)
  func addition(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let shape = [1, Int.random(in: 1...9, using: &random), Int.random(in: 1...9, using: &random), 7]
    let count = shape.reduce(1, *)
    let operands = (0..<2).map { _ in
      SingleOperation.Operand(
        shape: shape, fixPoint: Int.random(in: -3...7, using: &random), elements: random.int8s(count))
    }
    let output = Int.random(in: -3...7, using: &random)
    let relu = Bool.random(using: &random)
    let operation = SingleOperation(
      type: "eltwise-fix", attributes: ["type": .string("ADD"), "nonlinear": .string(relu ? "RELU" : "NONE")],
      arguments: [("input", operands)], shape: shape, fixPoint: output)
    let coarsest = operands.map(\.fixPoint).min() ?? 0
    let expected = (0..<count).map { index -> Int8 in
      let sum = operands.reduce(0.0) { sum, operand in
        sum + (4 * Double(operand.elements[index]) / power(operand.fixPoint - coarsest)).rounded(.down)
      }
      let value = (sum / 4 * power(output - coarsest) + 0.5).rounded(.down)
      return Int8(max(relu ? 0 : -128, min(127, value)))
    }
    try check(operation, expected, "seed \(seed)")
  }

  @Test("maxima and averages of windows", arguments: 1...40 as ClosedRange<UInt64>)
  func pooling(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let size = (h: Int.random(in: 4...11, using: &random), w: Int.random(in: 4...11, using: &random))
    let channels = Int.random(in: 1...40, using: &random)
    let kernel = [2, 3, 4].randomElement(using: &random) ?? 2
    let step = Int.random(in: 1...3, using: &random)
    let average = Bool.random(using: &random)
    let out = (h: (size.h - kernel) / step + 1, w: (size.w - kernel) / step + 1)
    let input = SingleOperation.Operand(
      shape: [1, size.h, size.w, channels], fixPoint: 4, elements: random.int8s(size.h * size.w * channels))
    let operation = SingleOperation(
      type: "pool-fix",
      attributes: [
        "type": .string(average ? "AVG" : "MAX"), "kernel": .int32s([Int32(kernel), Int32(kernel)]),
        "stride": .int32s([Int32(step), Int32(step)]), "pad": .int32s([0, 0, 0, 0]),
      ], arguments: [("input", [input])], shape: [1, out.h, out.w, channels], fixPoint: 3)
    // One over the window's size as the hardware has it.
    let factors: [Int: Double] = [2: 1.0 / 4, 3: 7.0 / 64, 4: 1.0 / 16]
    let factor = try #require(factors[kernel])
    var expected: [Int8] = []
    for y in 0..<out.h {
      for x in 0..<out.w {
        for channel in 0..<channels {
          let window = (0..<kernel * kernel).map { tap -> Double in
            Double(
              input.elements[((y * step + tap / kernel) * size.w + x * step + tap % kernel) * channels + channel])
          }
          let value: Double = average ? window.reduce(0, +) * factor : (window.max() ?? 0)
          expected.append(Int8(max(-128, min(127, (value / 2 + 0.5).rounded(.down)))))
        }
      }
    }
    try check(operation, expected, "seed \(seed)")
  }

  @Test("concatenations bring each input to the output's scale", arguments: 1...20 as ClosedRange<UInt64>)
  func concatenation(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pixels = Int.random(in: 1...30, using: &random)
    let operands = (0..<Int.random(in: 1...4, using: &random)).map { _ in
      let channels = Int.random(in: 1...40, using: &random)
      return SingleOperation.Operand(
        shape: [1, 1, pixels, channels], fixPoint: Int.random(in: 2...5, using: &random),
        elements: random.int8s(pixels * channels))
    }
    let channels = operands.reduce(0) { $0 + $1.shape[3] }
    var expected: [Int8] = []
    for pixel in 0..<pixels {
      for operand in operands {
        for channel in 0..<operand.shape[3] {
          let value = Double(operand.elements[pixel * operand.shape[3] + channel]) * power(4 - operand.fixPoint)
          expected.append(Int8(max(-128, min(127, (value + 0.5).rounded(.down)))))
        }
      }
    }
    let operation = SingleOperation(
      type: "concat-fix", attributes: ["axis": .int32(3)], arguments: [("input", operands)],
      shape: [1, 1, pixels, channels], fixPoint: 4)
    try check(operation, expected, "seed \(seed)")
  }
}

private func power(_ exponent: Int) -> Double {
  exponent >= 0 ? Double(1 << exponent) : 1 / Double(1 << -exponent)
}

/// A convolution with random geometry.
private struct ConvolutionCase {
  let depthwise: Bool
  let kernelHeight: Int
  let kernelWidth: Int
  let strideY: Int
  let strideX: Int
  let dilationY: Int
  let dilationX: Int
  let padTop: Int
  let padLeft: Int
  private let height: Int
  private let width: Int
  private let outputHeight: Int
  private let outputWidth: Int
  private let inputChannels: Int
  private let outputChannels: Int
  private let input: SingleOperation.Operand
  private let weights: SingleOperation.Operand
  private let bias: SingleOperation.Operand
  private let fixPoint: Int
  private let nonlinear: String
  let operation: SingleOperation

  init(depthwise: Bool, transposed: Bool, random: inout SeededGenerator) {
    self.depthwise = depthwise
    kernelHeight = Int.random(in: 1...4, using: &random)
    kernelWidth = Int.random(in: 1...4, using: &random)
    strideY = Int.random(in: 1...3, using: &random)
    strideX = Int.random(in: 1...3, using: &random)
    dilationY = transposed ? 1 : Int.random(in: 1...2, using: &random)
    dilationX = transposed ? 1 : Int.random(in: 1...2, using: &random)
    height = Int.random(in: 7...14, using: &random)
    width = Int.random(in: 7...20, using: &random)
    inputChannels = [1, 3, 4, 8, 17, 32].randomElement(using: &random) ?? 1
    outputChannels = depthwise ? inputChannels : [1, 5, 8, 16, 33].randomElement(using: &random) ?? 1
    var pads: [Int] = []
    for kernel in [kernelWidth, kernelWidth, kernelHeight, kernelHeight] {
      pads.append(Int.random(in: 0..<kernel, using: &random))
    }
    padLeft = pads[0]
    padTop = pads[2]
    if transposed {
      outputHeight = (height - 1) * strideY + kernelHeight - pads[2] - pads[3]
      outputWidth = (width - 1) * strideX + kernelWidth - pads[0] - pads[1]
    } else {
      outputHeight = (height + pads[2] + pads[3] - (kernelHeight - 1) * dilationY - 1) / strideY + 1
      outputWidth = (width + pads[0] + pads[1] - (kernelWidth - 1) * dilationX - 1) / strideX + 1
    }
    input = SingleOperation.Operand(
      shape: [1, height, width, inputChannels], fixPoint: Int.random(in: 2...6, using: &random),
      elements: random.int8s(height * width * inputChannels))
    let taps = kernelHeight * kernelWidth
    weights = SingleOperation.Operand(
      shape: [depthwise ? 1 : outputChannels, kernelHeight, kernelWidth, inputChannels], fixPoint: 7,
      elements: random.int8s((depthwise ? 1 : outputChannels) * taps * inputChannels))
    bias = SingleOperation.Operand(shape: [outputChannels], fixPoint: 5, elements: random.int8s(outputChannels))
    fixPoint = Int.random(in: -2...4, using: &random)
    nonlinear = ["NONE", "RELU", "LEAKYRELU", "RELU6"].randomElement(using: &random) ?? "NONE"
    let kind = (transposed ? "transposed-" : "") + (depthwise ? "depthwise-" : "") + "conv2d-fix"
    func list(_ numbers: [Int]) -> AttributeValue { .int32s(numbers.map(Int32.init)) }
    operation = SingleOperation(
      type: kind,
      attributes: [
        "kernel": list([kernelWidth, kernelHeight]), "stride": list([strideX, strideY]),
        "dilation": list([dilationX, dilationY]), "pad": list(pads), "nonlinear": .string(nonlinear),
      ], arguments: [("input", [input]), ("weights", [weights]), ("bias", [bias])],
      shape: [1, outputHeight, outputWidth, outputChannels], fixPoint: fixPoint)
  }

  /// The outputs by definition, in double precision, which is exact here.
  ///
  /// - Parameter source: Gives the input row and column under a tap; outside the input stand zeros.
  func outputs(source: (_ y: Int, _ x: Int, _ tapY: Int, _ tapX: Int) -> (row: Int, column: Int)) -> [Int8] {
    var result: [Int8] = []
    for y in 0..<outputHeight {
      for x in 0..<outputWidth {
        for channel in 0..<outputChannels {
          var sum = 0
          for tapY in 0..<kernelHeight {
            for tapX in 0..<kernelWidth {
              let at = source(y, x, tapY, tapX)
              guard (0..<height).contains(at.row), (0..<width).contains(at.column) else { continue }
              let pixel = (at.row * width + at.column) * inputChannels
              let tap = tapY * kernelWidth + tapX
              if depthwise {
                sum += Int(input.elements[pixel + channel]) * Int(weights.elements[tap * inputChannels + channel])
              } else {
                let base = (channel * kernelHeight * kernelWidth + tap) * inputChannels
                for c in 0..<inputChannels { sum += Int(input.elements[pixel + c]) * Int(weights.elements[base + c]) }
              }
            }
          }
          result.append(finish(sum, channel))
        }
      }
    }
    return result
  }

  private func finish(_ sum: Int, _ channel: Int) -> Int8 {
    var value = Double(sum) / power(input.fixPoint + weights.fixPoint)
    value += Double(bias.elements[channel]) / power(bias.fixPoint)
    if nonlinear == "LEAKYRELU", value < 0 { value *= 26.0 / 256 }
    value = (value * power(fixPoint) + 0.5).rounded(.down)
    if nonlinear == "RELU" || nonlinear == "RELU6" { value = max(0, value) }
    if nonlinear == "RELU6" { value = min(96, value) }
    return Int8(max(-128, min(127, value)))
  }
}
