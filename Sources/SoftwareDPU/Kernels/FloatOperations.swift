import Devices
import Glibc
import Tensors

/// Conversions between int8 and float32 on the host: `fix2float`, `float2fix` and `fix` (there and back).
final class ScaleConversion: Kernel {
  enum Form: Sendable { case toFloat, toFix, thereAndBack }
  let rows: Int

  private let form: Form
  private let fixPoint: FixPoint
  private let rowLength: Int

  init(_ reader: OperationReader, _ form: Form) throws(DeviceError) {
    self.form = form
    let input = try reader.input
    let output = try reader.output
    try reader.expect(form == .toFloat ? .int8 : .float32, input, "input")
    try reader.expect(form == .toFix ? .int8 : .float32, output, "output")
    guard input.shape.elementCount == output.shape.elementCount else {
      throw reader.invalid("input has shape \(input.shape), output \(output.shape): element counts differ")
    }
    let width = reader.operation.attributes.int("bit_width") ?? 8
    guard width == 8, reader.operation.attributes.bool("if_signed") ?? true else {
      throw reader.unsupported("bit_width \(width) or unsigned; only signed 8 bits run")
    }
    fixPoint = FixPoint(try reader.integer("fix_point"))
    rowLength = max(1, output.channels)
    rows = output.shape.elementCount / rowLength
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    let elements = rows.lowerBound * rowLength..<rows.upperBound * rowLength
    switch form {
    case .toFloat:
      let step = fixPoint.step
      for element in elements { operands.floatOutput[element] = Float(operands.int8Input(0)[element]) * step }
    case .toFix:
      for element in elements { operands.int8Output[element] = fixPoint.quantize(operands.floatInput(0)[element]) }
    case .thereAndBack:
      for element in elements {
        operands.floatOutput[element] = fixPoint.dequantize(fixPoint.quantize(operands.floatInput(0)[element]))
      }
    }
  }
}

/// `softmax` along one axis, the maximum subtracted first, summed in double precision.
final class Softmax: Kernel {
  let rows: Int

  private let length: Int
  private let stride: Int

  init(_ reader: OperationReader) throws(DeviceError) {
    let input = try reader.input
    let output = try reader.output
    try reader.expect(.float32, input, "input")
    try reader.expect(.float32, output, "output")
    guard input.shape == output.shape else {
      throw reader.invalid("input has shape \(input.shape), output \(output.shape)")
    }
    let axis = try reader.axis(reader.operation.attributes.int("axis") ?? -1, rank: input.shape.rank)
    length = input.shape[axis]
    stride = input.shape.dimensions[(axis + 1)...].reduce(1, *)
    rows = length == 0 ? 0 : input.shape.elementCount / length
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    let input = operands.floatInput(0)
    let output = operands.floatOutput
    for row in rows {
      let base = row / stride * stride * length + row % stride
      var greatest = -Float.infinity
      for place in 0..<length { greatest = max(greatest, input[base + place * stride]) }
      var sum = 0.0
      for place in 0..<length { sum += exp(Double(input[base + place * stride] - greatest)) }
      for place in 0..<length {
        output[base + place * stride] = Float(exp(Double(input[base + place * stride] - greatest)) / sum)
      }
    }
  }
}

/// `relu`, `relu6`, `leaky-relu` and `prelu` on float32.
final class FloatActivation: Kernel {
  enum Form: Sendable { case relu, relu6, leaky, parametric }
  let rows: Int

  private let form: Form
  private let slopes: [Float]
  private let rowLength: Int

  init(_ reader: OperationReader, _ form: Form) throws(DeviceError) {
    self.form = form
    let input = try reader.input
    let output = try reader.output
    try reader.expect(.float32, input, "input")
    try reader.expect(.float32, output, "output")
    guard input.shape == output.shape else {
      throw reader.invalid("input has shape \(input.shape), output \(output.shape)")
    }
    rowLength = max(1, output.channels)
    rows = output.shape.elementCount / rowLength
    switch form {
    case .relu, .relu6: slopes = []
    case .leaky:
      guard let alpha = reader.operation.attributes.number("alpha") else {
        throw reader.invalid("attribute alpha is missing or no number")
      }
      slopes = [Float](repeating: Float(alpha), count: rowLength)
    case .parametric:
      guard let weight = try reader.constant("weight") else {
        throw reader.invalid("has no argument weight")
      }
      let values = weight.bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      guard values.count == rowLength || values.count == 1 else {
        throw reader.invalid("weight has \(values.count) elements, expected \(rowLength)")
      }
      slopes = values.count == 1 ? [Float](repeating: values[0], count: rowLength) : values
    }
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    for row in rows {
      for place in 0..<rowLength {
        let element = row * rowLength + place
        let value = operands.floatInput(0)[element]
        operands.floatOutput[element] =
          switch form {
          case .relu: max(0, value)
          case .relu6: min(6, max(0, value))
          case .leaky, .parametric: value < 0 ? value * slopes[place] : value
          }
      }
    }
  }
}

/// `avgpool2d` on float32: the sum of a window times one over its size.
final class FloatAveragePool: Kernel {
  let rows: Int

  private let input: ImageShape
  private let output: ImageShape
  private let window: Window
  private let countsPad: Bool

  init(_ reader: OperationReader) throws(DeviceError) {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    try reader.expect(.float32, inputLayout, "input")
    try reader.expect(.float32, outputLayout, "output")
    input = try reader.image(inputLayout, "input")
    output = try reader.image(outputLayout, "output")
    guard input.channels == output.channels, input.batch == output.batch else {
      throw reader.invalid(
        "input has shape \(inputLayout.shape), output \(outputLayout.shape): batch and channels differ")
    }
    if reader.operation.attributes.bool("global") ?? false {
      window = Window(
        kernelWidth: input.width, kernelHeight: input.height, strideX: 1, strideY: 1, dilationX: 1, dilationY: 1,
        padLeft: 0, padRight: 0, padTop: 0, padBottom: 0)
    } else {
      window = try reader.window()
    }
    countsPad = reader.operation.attributes.bool("count_include_pad") ?? true
    rows = output.batch * output.height
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    for row in rows {
      let frame = row / output.height
      let top = row % output.height * window.strideY - window.padTop
      // The pad counts, but what a rounded-up last window reaches beyond it does not.
      let lines = max(top, 0)..<max(max(top, 0), min(top + window.kernelHeight, input.height))
      let padded = min(top + window.kernelHeight, input.height + window.padBottom) - top
      for x in 0..<output.width {
        let left = x * window.strideX - window.padLeft
        let columns = max(left, 0)..<max(max(left, 0), min(left + window.kernelWidth, input.width))
        let paddedWidth = min(left + window.kernelWidth, input.width + window.padRight) - left
        let count = countsPad ? padded * paddedWidth : lines.count * columns.count
        for channel in 0..<output.channels {
          var sum: Float = 0
          for y in lines {
            for column in columns {
              sum +=
                operands.floatInput(0)[((frame * input.height + y) * input.width + column) * input.channels + channel]
            }
          }
          operands.floatOutput[(row * output.width + x) * output.channels + channel] =
            count > 0 ? sum * (1 / Float(count)) : 0
        }
      }
    }
  }
}
